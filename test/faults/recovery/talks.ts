import { setTimeout as delay } from 'node:timers/promises';
import { answer, FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { ServiceProcess } from '../../support/service-process.js';
import { StreamReader } from '../../support/stream-reader.js';
import { ask, readOn } from '../loop/wire.js';
import type { Reading } from '../loop/journal.js';

const OTHER_HOST = new URL('../../support/other-host.mjs', import.meta.url).href;
let namespaces = 0;

/** Environment of a process that is on another host than all others, as in a container of its own. */
export function onOtherHost(): Record<string, string> {
  namespaces += 1;
  return { NODE_OPTIONS: `--import ${OTHER_HOST}`, TEST_PID_NAMESPACE: String(namespaces) };
}

/** A conversation with an answer that is being written. */
export interface Talk {
  conversationId: string;
  generationId: string;
  /** What its reader gets until its stream ends. */
  reading: Promise<Reading>;
}

/** A model that says `a` and `b`, then nothing until the gate opens, then the rest; a `Next` at once. */
export class Talks {
  readonly gate = new Gate();
  private readonly services: ServiceProcess[] = [];

  private constructor(private readonly ollama: FakeOllama) {
    const long = script().tokens('a', 'b').wait(this.gate).tokens('c', 'd').done();
    ollama.always(({ body }) =>
      JSON.stringify(body.messages.at(-1)).includes('Next') ? answer('next') : long,
    );
  }

  static async start(): Promise<Talks> {
    return new Talks(await FakeOllama.start());
  }

  /** Starts a service and waits until it listens. */
  async serve(...env: Record<string, string>[]): Promise<ServiceProcess> {
    const service = await ServiceProcess.start({
      OLLAMA_BASE_URL: this.ollama.baseUrl,
      RATE_LIMIT_ENABLED: 'false',
      ...Object.assign({}, ...env),
    });
    this.services.push(service);
    return service;
  }

  /** On a connection of its own: workers get them in turn. */
  async begin({ url }: ServiceProcess): Promise<Talk> {
    const reader = await StreamReader.post(
      `${url}/api/chat/stream`,
      { message: 'Long', on_disconnect: 'continue' },
      { Connection: 'close' },
    );
    await reader.take(2);
    return {
      conversationId: reader.response.headers.get('X-Conversation-Id') ?? '',
      generationId: reader.response.headers.get('X-Generation-Id') ?? '',
      reading: readOn(reader, { withinMs: 300_000 }),
    };
  }

  /** When the conversation takes its next message at this service, on the monotonic clock. */
  async freed({ url }: ServiceProcess, { conversationId }: Talk): Promise<number> {
    for (;;) {
      const body = { message: 'Next', conversation_id: conversationId };
      const reply = await ask('POST', `${url}/api/chat`, body, { Connection: 'close' });
      if (reply?.status === 200) return performance.now();
      // Nobody answers for a moment where a worker died; else the conversation is busy.
      if (reply !== null) expect(reply).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
      await delay(20);
    }
  }

  async end(): Promise<void> {
    this.gate.open();
    for (const service of this.services) {
      service.kill('SIGCONT');
      await service.remove();
    }
    await this.ollama.close();
  }
}

/** Times in milliseconds, for people and for a limit. */
export class Times {
  private readonly sorted: number[] = [];

  add(ms: number): void {
    this.sorted.push(ms);
    this.sorted.sort((one, other) => one - other);
  }

  get count(): number {
    return this.sorted.length;
  }

  quantile(part: number): number {
    const index = Math.max(0, Math.ceil(part * this.sorted.length) - 1);
    return this.sorted[index] ?? NaN;
  }

  text(): string {
    const [p50, p99] = [0.5, 0.99].map((part) => Math.round(this.quantile(part)));
    return `${this.sorted.length} conversations free after p50 ${p50} ms, p99 ${p99} ms`;
  }
}
