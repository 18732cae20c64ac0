import { getJson, postJson } from '../support/http-client.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader } from '../support/stream-reader.js';
import { inParallel } from './checks/snapshot.js';
import type { Reading } from './loop/journal.js';
import {
  answerTokens,
  questionText,
  ScriptedAnswers,
  type Question,
} from './loop/scripted-answers.js';
import { readOn } from './loop/wire.js';

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
    const question: Question = { id: `s${number}.1`, tokens: 30, paceMs: 300, mode: 'whole' };
    const url = `${service.url}/api/chat/stream`;
    const body = { message: questionText(question) };
    const reader = await StreamReader.post(url, body, { Connection: 'close' });
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
    const clients = await Promise.all(numbers.map((number) => open(number, oneSeen)));
    await seen;
    const victim = service.log.find(({ msg }) => msg === 'Worker started')?.['worker_pid'];
    process.kill(Number(victim), 'SIGKILL');

    const table = new Table();
    await inParallel(clients, async (client) => {
      const reading = await client.reading;
      const record = await ended(idOf(client));
      const whole = answerTokens(client.question, 1);
      const stored = whole.findIndex(
        (_, index) => whole.slice(0, index + 1).join('') === record.response,
      );
      expect(reading.tokens).toEqual(whole.slice(0, reading.tokens.length));
      if (reading.terminal) {
        expect(reading.terminal).toMatchObject({ done: true, finish_reason: 'stop' });
        expect(record).toMatchObject({ status: 'completed', response: whole.join('') });
        table.add('done, whole', 0);
        return;
      }
      expect(record).toMatchObject({ status: 'failed', error: { reason: 'internal' } });
      expect(stored).toBeGreaterThanOrEqual(0);
      table.add('cut, stored as failed', reading.tokens.length - (stored + 1));
      const next = await postJson(`${service.url}/api/chat`, {
        message: 'Again?',
        conversation_id: record.conversation_id,
      });
      // The model knows no such question: that it was asked is enough.
      expect(next.body.reason).toBe('model_unavailable');
    });
    console.info(table.text());
    expect(table.count('done, whole') + table.count('cut, stored as failed')).toBe(STREAMS);
    expect(table.count('cut, stored as failed')).toBeGreaterThan(0);
    // The log is brought to the store every second: more than a few tokens are never lost.
    expect(table.mostLost()).toBeLessThan(SEEN);
    expect(model.overlaps).toEqual([]);
  }, 180_000);
});

/** What the clients saw, for people. */
class Table {
  private readonly rows = new Map<string, number[]>();

  add(what: string, lost: number): void {
    this.rows.set(what, [...(this.rows.get(what) ?? []), lost]);
  }

  count(what: string): number {
    return this.rows.get(what)?.length ?? 0;
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
