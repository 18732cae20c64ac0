import { setTimeout as delay } from 'node:timers/promises';
import { getJson, postJson } from '../support/http-client.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader } from '../support/stream-reader.js';
import { inParallel } from './checks/snapshot.js';
import type { Reading } from './loop/journal.js';
import {
  answerPieces,
  questionText,
  ScriptedAnswers,
  type Question,
} from './loop/scripted-answers.js';
import { openStream, readOn } from './loop/wire.js';

const STREAMS = 200;
const WORKERS = 3;
/** Each has so many tokens when a worker is killed. */
const SEEN = 6;

interface Client {
  question: Question;
  reader: StreamReader;
  reading: Promise<Reading>;
}

describePostgres(`${WORKERS} workers on PostgreSQL, ${STREAMS} streams, one worker killed`, () => {
  let model: ScriptedAnswers;
  let database: TestDatabase;
  let service: ServiceProcess;

  beforeAll(async () => {
    model = await ScriptedAnswers.start();
    database = await freshDatabase();
    service = await ServiceProcess.start({
      OLLAMA_BASE_URL: model.ollama.baseUrl,
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: database.url,
      API_WORKERS: String(WORKERS),
      RATE_LIMIT_ENABLED: 'false',
    });
  });
  afterAll(async () => {
    await service.remove();
    await model.ollama.close();
    await database.drop();
  });

  /** A stream on a connection of its own; `seen` is called when it has its first tokens. */
  async function open(number: number, seen: () => void): Promise<Client> {
    const question: Question = {
      id: `s${number}.1`,
      tokens: 50,
      paceMs: 300,
      mode: 'whole',
      beside: 'nothing',
    };
    const url = `${service.url}/api/chat/stream`;
    const body = { message: questionText(question) };
    const reader = await StreamReader.post(url, body, { Connection: 'close' });
    expect(reader.response.status).toBe(200);
    let tokens = 0;
    const onToken = (): void => {
      tokens += 1;
      if (tokens === SEEN) seen();
    };
    return { question, reader, reading: readOn(reader, { withinMs: 120_000, onToken }) };
  }

  const idOf = ({ reader }: Client): string => reader.response.headers.get('X-Generation-Id') ?? '';

  /** The record, once it has ended. */
  async function ended(id: string): Promise<any> {
    for (;;) {
      const { body } = await getJson(`${service.url}/api/generations/${id}`);
      if (body.finished_at !== null) return body;
      await delay(250);
    }
  }

  it('shows every client an end that is true', async () => {
    let waitingFor = STREAMS;
    let allSeen: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (allSeen = resolve));
    const oneSeen = (): void => {
      waitingFor -= 1;
      if (waitingFor === 0) allSeen();
    };
    const numbers = Array.from({ length: STREAMS }, (_, number) => number);
    const clients = await inParallel(numbers, (number) => open(number, oneSeen), 20);
    await seen;
    const victim = service.log.find(({ msg }) => msg === 'Worker started')?.['worker_pid'];
    process.kill(Number(victim), 'SIGKILL');

    const table = new Table();
    await inParallel(clients, (client) => told(client, table), STREAMS);
    console.info(table.text());
    expect(table.count('done, whole')).toBeGreaterThan(0);
    expect(table.count()).toBe(STREAMS);
    expect(table.count()).toBeGreaterThan(table.count('done, whole'));
    // The log is brought to the store every second: more than a few tokens are never lost.
    expect(table.mostLost()).toBeLessThan(SEEN);
    expect(model.overlaps).toEqual([]);
  }, 300_000);

  /** What one client was told in the end, held against the record. */
  async function told(client: Client, table: Table): Promise<void> {
    const whole = answerPieces(client.question, 1);
    const { tokens, terminal } = await client.reading;
    expect(tokens).toEqual(whole.slice(0, tokens.length));
    if (terminal) {
      expect(terminal).toMatchObject({ done: true, finish_reason: 'stop' });
      const record = await ended(idOf(client));
      expect(record).toMatchObject({ status: 'completed', response: whole.join('') });
      table.add('done, whole', 0);
      return;
    }
    const resumed = await resume(client, tokens.length);
    const record = await ended(idOf(client));
    expect(record).toMatchObject({ status: 'failed', error: { reason: 'internal' } });
    const stored = record.response.split('🙂').length - 1;
    expect(record.response).toBe(whole.slice(0, stored).join(''));
    // A number past the end of what was stored is none that can be resumed from: the record tells.
    expect(resumed).toBe(tokens.length > stored ? 'status 400' : 'failed');
    table.add(`cut; resumed: ${resumed}`, tokens.length - stored);
    const next = await postJson(`${service.url}/api/chat`, {
      message: questionText({ ...client.question, id: `${client.question.id}-again.2`, tokens: 1 }),
      conversation_id: record.conversation_id,
    });
    expect(next.status).toBe(200);
  }

  /** How it goes on elsewhere: the last block, or that there was none. */
  async function resume(client: Client, after: number): Promise<string> {
    const url = `${service.url}/api/generations/${idOf(client)}/stream?after=${after}`;
    // A connection that the dying worker was being handed is closed; a client asks again.
    let opened = await openStream(url, undefined);
    for (let again = 0; opened === null && again < 5; again += 1) {
      opened = await openStream(url, undefined);
    }
    if (!(opened instanceof StreamReader)) return `status ${opened?.status}`;
    const { terminal } = await readOn(opened, { after, withinMs: 60_000 });
    return terminal ? (terminal.done ? 'done' : 'failed') : 'no end';
  }
});

/** What the clients saw, for people. */
class Table {
  private readonly rows = new Map<string, number[]>();

  add(what: string, lost: number): void {
    this.rows.set(what, [...(this.rows.get(what) ?? []), lost]);
  }

  /** Clients that saw this, or of all. */
  count(what?: string): number {
    if (what !== undefined) return this.rows.get(what)?.length ?? 0;
    return [...this.rows.values()].flat().length;
  }

  mostLost(): number {
    return Math.max(...[...this.rows.values()].flat());
  }

  text(): string {
    const rows = [...this.rows].map(([what, lost]) => {
      const mean = lost.reduce((sum, each) => sum + each, 0) / lost.length;
      return `| ${what} | ${lost.length} | ${mean.toFixed(1)} | ${Math.max(...lost)} |`;
    });
    const head = [
      '| the client saw | clients | tokens lost, mean | most |',
      '| --- | --- | --- | --- |',
    ];
    return [...head, ...rows].join('\n');
  }
}
