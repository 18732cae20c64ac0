import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const CONNECTIONS = 40;
/** Longer than the 15 s after which a worker without a heartbeat is taken for dead. */
const FLOOD_MS = 25_000;

describePostgres('a flood of cancels of guessed ids, two nodes on one database', () => {
  let ollama: FakeOllama;
  let database: TestDatabase;
  let attacked: ServiceProcess;
  let other: ServiceProcess;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    database = await freshDatabase();
    const env = {
      OLLAMA_BASE_URL: ollama.baseUrl,
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: database.url,
      // What a limit refuses could do no harm.
      RATE_LIMIT_ENABLED: 'false',
    };
    attacked = await ServiceProcess.start(env);
    other = await ServiceProcess.start(env);
  });
  afterAll(async () => {
    await attacked.remove();
    await other.remove();
    await ollama.close();
    await database.drop();
  });

  it('takes no worker for dead, and everybody is served meanwhile', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    const reader = await StreamReader.post(`${attacked.url}/api/chat/stream`, { message: 'Hi' });
    await reader.next();
    const until = performance.now() + FLOOD_MS;
    const flood = Promise.all(
      Array.from({ length: CONNECTIONS }, () => guess(attacked.url, until)),
    );
    while (performance.now() < until) {
      expect((await getJson(`${attacked.url}/api/health/ready`)).status).toBe(200);
      expect((await getJson(`${other.url}/api/health/ready`)).status).toBe(200);
      ollama.next(script().tokens('c').done());
      const chat = await postJson(`${attacked.url}/api/chat`, { message: 'Hi' });
      expect(chat.status).toBe(200);
      await delay(200);
    }
    expect(new Set((await flood).flatMap((statuses) => [...statuses]))).toEqual(new Set([404]));
    gate.open();
    expect(textOf(await reader.rest())).toBe('b');
    const deaths = [...attacked.log, ...other.log].filter(({ msg }) => /worker/i.test(msg ?? ''));
    expect(deaths).toEqual([]);
  });
});

/** One request after the other on one connection; the statuses that came. */
async function guess(url: string, until: number): Promise<Set<number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const statuses = new Set<number>();
  while (performance.now() < until) {
    statuses.add(await cancel(`${url}/api/generations/${randomUUID()}/cancel`, agent));
  }
  agent.destroy();
  return statuses;
}

function cancel(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}
