import { once } from 'node:events';
import { connect } from 'node:net';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

describe('shutdown on a signal', () => {
  let ollama: FakeOllama;
  let service: ServiceProcess;
  const started: ServiceProcess[] = [];

  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    for (const process of started) await process.remove();
    await ollama.close();
  });

  const start = async (env: Record<string, string> = {}): Promise<void> => {
    service = await ServiceProcess.start({ OLLAMA_BASE_URL: ollama.baseUrl, ...env });
    started.push(service);
  };

  it('lets a running answer end, refuses new ones, serves all else, and exits with 0', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    await start();
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(1);
    service.kill('SIGTERM');
    await service.logged('Shutting down');
    const ready = await getJson(`${service.url}/api/health/ready`);
    expect([ready.status, ready.body.status]).toEqual([503, 'draining']);
    expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
    const refused = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    expect(refused.body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', reason: 'draining' });
    expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/);
    gate.open();
    expect((await reader.rest()).map(({ data }) => data)).toMatchObject([
      { token: 'b' },
      { done: true, finish_reason: 'stop' },
    ]);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('ends what is still running after SHUTDOWN_DRAIN with an error block, saved', async () => {
    ollama.next(script().tokens('Half').hang());
    await start({ SHUTDOWN_DRAIN: '0.2', HISTORY_STORAGE_TYPE: 'file' });
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(1);
    service.kill('SIGTERM');
    expect((await reader.next())?.data).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      reason: 'draining',
    });
    expect(await service.exited).toEqual({ code: 0, signal: null });
    const again = await ServiceProcess.start(
      { OLLAMA_BASE_URL: ollama.baseUrl, HISTORY_STORAGE_TYPE: 'file' },
      service.folder,
    );
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    const { body } = await getJson(`${again.url}/api/history/${id}`);
    await again.remove({ keepFolder: true });
    expect(body.messages[1]).toMatchObject({ content: 'Half', status: 'failed' });
  });

  it('begins answers until SHUTDOWN_DELAY is over, though it is not ready any more', async () => {
    ollama.next(answer('Hi'));
    await start({ SHUTDOWN_DELAY: '3600' });
    service.kill('SIGTERM');
    await service.logged('Shutting down');
    const ready = await getJson(`${service.url}/api/health/ready`);
    expect([ready.status, ready.body.status]).toEqual([503, 'draining']);
    expect((await postJson(`${service.url}/api/chat`, { message: 'Hi' })).status).toBe(200);
    expect((await getJson(`${service.url}/api/health/live`)).status).toBe(200);
  });

  it('does not wait for a connection on which nothing was asked', async () => {
    await start({ SHUTDOWN_DRAIN: '3600' });
    const spare = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(spare, 'connect');
    const closed = once(spare, 'close');
    service.kill('SIGTERM');
    await closed;
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'takes a %s that comes again at once for the same one: Ctrl-C below npm',
    async (signal) => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).tokens('b').done());
      await start();
      const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
      await reader.take(1);
      service.kill(signal);
      await service.logged('Shutting down');
      service.kill(signal);
      expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
      gate.open();
      expect(textOf(await reader.rest())).toBe('b');
      expect(await service.exited).toEqual({ code: 0, signal: null });
    },
  );

  it('exits at once on a signal that comes later', async () => {
    ollama.next(script().tokens('Half').hang());
    await start({ SHUTDOWN_DRAIN: '3600' });
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(1);
    const again = setInterval(() => service.kill('SIGTERM'), 300);
    expect((await service.exited).code).toBe(1);
    clearInterval(again);
    await reader.rest().catch(() => undefined);
  });

  it('drains on SIGHUP where no file has to be opened anew', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    await start();
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.take(1);
    service.kill('SIGHUP');
    expect(await service.logged('Shutting down')).toMatchObject({ signal: 'SIGHUP' });
    gate.open();
    expect(textOf(await reader.rest())).toBe('b');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('goes on at SIGHUP with LOG_FILE, and at SIGUSR1, which opens no inspector', async () => {
    await start({ LOG_FILE: 'service.log' });
    service.kill('SIGHUP');
    service.kill('SIGUSR1');
    expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
  });
});
