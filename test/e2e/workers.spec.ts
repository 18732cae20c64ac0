import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess, type LogLine } from '../support/service-process.js';
import { describeSqlite } from '../support/sqlite.js';
import { describeOnSharedStores } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const SQLITE = { HISTORY_STORAGE_TYPE: 'database', RATE_LIMIT_ENABLED: 'false' };

let ollama: FakeOllama;
let service: ServiceProcess;

beforeEach(async () => {
  ollama = await FakeOllama.start();
});
afterEach(async () => {
  await service.remove();
  await ollama.close();
});

const settings = (workers: number, env: Record<string, string>) => ({
  OLLAMA_BASE_URL: ollama.baseUrl,
  API_WORKERS: String(workers),
  ...env,
});
const start = async (workers: number, env: Record<string, string> = SQLITE): Promise<void> => {
  service = await ServiceProcess.start(settings(workers, env));
};
const startAnd = async (workers: number, env: Record<string, string>): Promise<LogLine[]> => {
  service = ServiceProcess.spawn(settings(workers, env));
  expect((await service.exited).code).toBe(1);
  return service.log;
};

/** A connection of its own, so that each may be another worker's. */
const stream = (): Promise<StreamReader> =>
  StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' }, { Connection: 'close' });
const pidsOf = (message: string) =>
  service.log.filter(({ msg }) => msg === message).map((line) => Number(line['worker_pid']));
const messages = () => service.log.map(({ msg }) => msg);

/** All output is closed only once no process is left that could write to it. */
const everyProcessEnded = () => once(service.child, 'close');

describeOnSharedStores('several workers', (make) => {
  let storage: Awaited<ReturnType<typeof make>>;
  beforeEach(async () => {
    storage = await make();
  });
  afterEach(async () => {
    await service.remove();
    await storage.dispose();
  });

  it('serve one port; one that is killed is replaced, and streams of the others go on', async () => {
    await start(3, { ...storage.env, RATE_LIMIT_ENABLED: 'false' });
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).tokens('b').done());
    const readers = await Promise.all(Array.from({ length: 9 }, stream));
    for (const reader of readers) await reader.take(1);

    const [victim = 0] = pidsOf('Worker started');
    process.kill(victim, 'SIGKILL');
    const died = await service.logged('Worker died');
    expect(died).toMatchObject({ worker: 1, worker_pid: victim, signal: 'SIGKILL' });
    await service.loggedTimes('Worker listens', 4);
    gate.open();
    const ends = await Promise.all(readers.map((reader) => reader.rest().catch(() => null)));
    const last = ends.map((events) => events?.at(-1)?.data);
    const whole = last.flatMap((data) => (data?.done ? [data.finish_reason] : []));
    expect(new Set(whole)).toEqual(new Set(['stop']));
    const served = await service.loggedTimes('Request served', whole.length);
    expect(new Set(served.map(({ worker }) => worker))).toEqual(new Set([2, 3]));
    expect(whole.length).toBeLessThan(readers.length);

    for (let count = 0; count < 6; count += 1)
      expect(await (await stream()).rest()).toHaveLength(3);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('let exactly the limit of a flood through, all together', async () => {
    const limits = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_REQUESTS: '10' };
    await start(3, { ...storage.env, ...limits });
    ollama.always(answer('Hi'));
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        postJson(`${service.url}/api/chat`, { message: 'Hi' }, { Connection: 'close' }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 429)).toEqual(Array(10).fill(200));
    for (const { status, headers } of answers) {
      expect(headers.get('RateLimit')).toMatch(/^"generation";r=\d;t=(60|5\d|4\d)$/);
      if (status === 429) expect(headers.get('Retry-After')).toMatch(/^(60|5\d|4\d)$/);
    }
    const served = await service.loggedTimes('Request served', answers.length);
    expect(new Set(served.map(({ worker }) => worker))).toEqual(new Set([1, 2, 3]));
    expect(messages()).not.toContain('The shared rate limit cannot be reached: limiting locally');
  });
});

describeSqlite('a worker', () => {
  it('that is told to end drains, while another has taken its place', async () => {
    await start(2);
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).tokens('b').done());
    const readers = await Promise.all([stream(), stream()]);
    for (const reader of readers) await reader.take(1);
    const pids = pidsOf('Worker started');

    process.kill(pids[0]!, 'SIGTERM');
    await service.logged('Worker leaves');
    await service.loggedTimes('Worker listens', 3);
    for (let count = 0; count < 6; count += 1) {
      const ready = await getJson(`${service.url}/api/health/ready`, { Connection: 'close' });
      expect(ready.body.status).toBe('ready');
    }
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
    expect(await service.logged('Worker stopped')).toMatchObject({ worker: 1, code: 0 });
    expect(messages()).not.toContain('Worker died');
  });

  it('that dies while it is handed a connection does not leave its client waiting', async () => {
    await start(2);
    const [stuck = 0] = pidsOf('Worker started');
    process.kill(stuck, 'SIGSTOP');
    // Handed out in turn: of two, one goes to the worker that does not move.
    const live = `${service.url}/api/health/live`;
    const asked = [1, 2].map(() => getJson(live, { Connection: 'close' }));
    expect((await Promise.any(asked)).status).toBe(200);

    process.kill(stuck, 'SIGKILL');
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await getJson(live, { Connection: 'close' })).toMatchObject({ status: 200 });
  });

  it('that dies five times in a minute stops the service, with the reason', async () => {
    await start(2);
    for (let deaths = 1; deaths <= 5; deaths += 1) {
      const started = await service.loggedTimes('Worker started', deaths + 1);
      process.kill(Number(started.at(-1)?.['worker_pid']), 'SIGKILL');
      await service.loggedTimes('Worker died', deaths);
    }
    expect(await service.exited).toEqual({ code: 1, signal: null });
    const fatal = service.log.filter(({ level }) => level === 'fatal');
    expect(fatal.map(({ msg }) => msg)).toEqual([
      'Five workers died within a minute, so the service stops',
    ]);
    expect(messages().at(-1)).toBe('Stopped');
  });

  it('that cannot start stops the service at once: a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const log = await startAnd(3, { ...SQLITE, API_PORT: port });
    other.close();
    expect(log.filter(({ level }) => level === 'fatal').map(({ msg }) => msg)).toEqual([
      `API_PORT ${port} is in use by another process`,
      'A worker could not start, so the service stops',
    ]);
    expect(pidsOf('Worker started')).toHaveLength(1);
  });

  it('that cannot start stops the service at once: a store that cannot be used', async () => {
    const log = await startAnd(3, { ...SQLITE, HISTORY_DB_URL: 'sqlite:.' });
    expect(log.find(({ level }) => level === 'fatal')?.msg).toMatch(/^HISTORY_DB_URL: /);
    expect(pidsOf('Worker started')).toHaveLength(1);
  });
});

describeSqlite('the end of several workers', () => {
  const running = async (gate: Gate): Promise<StreamReader[]> => {
    ollama.always(script().tokens('a').wait(gate).tokens('b').done());
    const readers = await Promise.all(Array.from({ length: 4 }, stream));
    for (const reader of readers) await reader.take(1);
    return readers;
  };

  it('on a signal: all drain, and the service exits with 0', async () => {
    const gate = new Gate();
    await start(2);
    const readers = await running(gate);
    service.kill('SIGTERM');
    await service.loggedTimes('Shutting down', 3);
    const ready = await getJson(`${service.url}/api/health/ready`, { Connection: 'close' });
    expect([ready.status, ready.body.status]).toEqual([503, 'draining']);
    const refused = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    expect(refused.body).toMatchObject({ reason: 'draining' });
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('on Ctrl-C, which reaches every process: as on one signal', async () => {
    const gate = new Gate();
    await start(2);
    const readers = await running(gate);
    const all = [...pidsOf('Worker started'), service.child.pid!];
    for (const pid of all) process.kill(pid, 'SIGINT');
    await service.loggedTimes('Shutting down', 3);
    // npm sends it on to what it has started.
    for (const pid of all) process.kill(pid, 'SIGINT');
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(messages()).not.toContain('Worker leaves');
    expect(pidsOf('Worker started')).toHaveLength(2);
  });

  it('on SIGHUP to every process, as when the terminal goes: they drain', async () => {
    const gate = new Gate();
    await start(2);
    const readers = await running(gate);
    for (const pid of [...pidsOf('Worker started'), service.child.pid!])
      process.kill(pid, 'SIGHUP');
    await service.loggedTimes('Shutting down', 3);
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('on a signal that comes later: at once', async () => {
    await start(2, { ...SQLITE, SHUTDOWN_DRAIN: '3600' });
    const readers = await running(new Gate());
    const ended = everyProcessEnded();
    const again = setInterval(() => service.kill('SIGTERM'), 300);
    await ended;
    clearInterval(again);
    expect((await service.exited).code).toBe(1);
    for (const reader of readers) await reader.rest().catch(() => undefined);
  });

  it('when their primary process is killed: they drain and end', async () => {
    const gate = new Gate();
    await start(2);
    const readers = await running(gate);
    const ended = everyProcessEnded();
    service.kill('SIGKILL');
    await service.exited;
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
    await ended;
    expect(messages().filter((msg) => msg === 'Stopped')).toHaveLength(2);
  });
});

describeSqlite('the log file of several workers', () => {
  it('has whole lines of all, and is opened anew by all after it was moved', async () => {
    await start(2, { ...SQLITE, LOG_FILE: 'service.log' });
    const file = join(service.folder, 'service.log');
    const burst = () =>
      Promise.all(
        Array.from({ length: 40 }, () =>
          getJson(`${service.url}/api/history`, { Connection: 'close' }),
        ),
      );
    const linesOf = (path: string) =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LogLine);
    const workersIn = (path: string) =>
      new Set(
        linesOf(path).flatMap(({ msg, worker }) => (msg === 'Request served' ? [worker] : [])),
      );
    await burst();
    await service.loggedTimes('Request served', 40);
    renameSync(file, `${file}.1`);
    service.kill('SIGHUP');
    await burst();
    await service.loggedTimes('Request served', 80);
    expect(workersIn(`${file}.1`)).toEqual(new Set([1, 2]));
    expect(workersIn(file)).toEqual(new Set([1, 2]));
    service.kill('SIGTERM');
    expect((await service.exited).code).toBe(0);
    expect(linesOf(file).at(-1)?.msg).toBe('Stopped');
    expect([...linesOf(`${file}.1`), ...linesOf(file)]).toHaveLength(service.log.length);
  });
});
