import { FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { getJson, postJson, sendJson, type JsonAnswer } from '../../support/http-client.js';
import { startService, type RunningService } from '../../support/service.js';
import type { TestStorage } from '../../support/storages.js';
import { StreamReader } from '../../support/stream-reader.js';

export type Headers = Record<string, string>;

/** Workers on one store, with a scripted model. */
export class Stage {
  private constructor(
    readonly ollama: FakeOllama,
    private readonly storage: TestStorage,
    private readonly workers: readonly RunningService[],
  ) {}

  static async start(makeStorage: () => Promise<TestStorage>, workers: number): Promise<Stage> {
    const ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    const storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const started: RunningService[] = [];
    while (started.length < workers) started.push(await startService(ollama, { history }));
    return new Stage(ollama, storage, started);
  }

  /** The worker on which the conversations are made and their answers run. */
  get here(): string {
    return this.workers[0]?.url ?? '';
  }

  /** Another worker, where there is one. */
  get there(): string {
    return this.workers.at(-1)?.url ?? '';
  }

  async close(): Promise<void> {
    this.ollama.assertNoUnexpected();
    for (const worker of this.workers) await worker.close();
    await this.storage.dispose();
    await this.ollama.close();
  }
}

const NAMES = ['s', 'q0', 'a0', 'q1', 'a1', 'q2', 'a2'] as const;

let talks = 0;

/**
 * A conversation with a system prompt and two branches, of which the second one is active. In what it
 * reads, the text of an answer that is being written is `…`.
 *
 *     s, q0 ─ a0 ─ q1 ─ a1
 *               └ q2 ─ a2
 */
export class Talk {
  private constructor(
    readonly stage: Stage,
    readonly id: string,
    /** A tag that no other conversation has. */
    readonly tag: string,
    /** Ids of its messages, by their texts. */
    readonly ids: Record<(typeof NAMES)[number], string>,
    /** Its `ETag`. */
    readonly etag: string,
    readonly revision: number,
    /** The cursor behind all that was told until now. */
    readonly cursor: string,
  ) {}

  static async begin(stage: Stage): Promise<Talk> {
    const { here, ollama } = stage;
    const tag = `tag ${String((talks += 1))}`;
    const made = await postJson(`${here}/api/history`, { system: 's', tags: [tag] });
    const { id } = made.body;
    const ask = async (n: number, parent?: string) => {
      ollama.next(script().tokens(`a${n}`).done());
      const { status, body } = await postJson(`${here}/api/chat`, {
        message: `q${n}`,
        conversation_id: id,
        ...(parent !== undefined && { parent_id: parent }),
      });
      expect(status).toBe(200);
      return body;
    };
    const first = await ask(0);
    await ask(1);
    await ask(2, first.message_id);
    const { body, headers } = await getJson(`${here}/api/history/${id}?branch=all`);
    const ids: any = Object.fromEntries(
      body.messages.map((message: any) => [message.content, message.id]),
    );
    expect(Object.keys(ids)).toEqual(NAMES);
    const cursor = await endOfEvents(here);
    return new Talk(stage, id, tag, ids, headers.get('ETag') ?? '', body.revision, cursor);
  }

  read(query = '', headers: Headers = {}, base = this.stage.here): Promise<JsonAnswer> {
    return getJson(`${base}/api/history/${this.id}${query}`, headers);
  }

  put(body: object, headers: Headers = {}, base = this.stage.here): Promise<JsonAnswer> {
    return sendJson('PUT', `${base}/api/history/${this.id}`, body, headers);
  }

  async texts(query = ''): Promise<string> {
    return textsOf((await this.read(query)).body);
  }

  /** What was told of it, or of another conversation, since it was made, and the last revision of that. */
  async told(id = this.id): Promise<{ events: string[]; revision: number }> {
    const reader = await StreamReader.open(`${this.stage.there}/api/events?after=${this.cursor}`);
    const events: string[] = [];
    let revision = id === this.id ? this.revision : 1;
    for (let event = await reader.next(); event; event = await reader.next()) {
      const { data } = event;
      if (data.type === 'ready') break;
      if (data.conversation_id !== id) continue;
      expect(data.revision).toBeGreaterThanOrEqual(revision);
      revision = data.revision;
      events.push([data.type, ...(data.changed ?? []), data.status ?? []].flat().join(' '));
    }
    reader.leave();
    return { events, revision };
  }

  /** Begins the turn `q3`, `a3` after `a2`, which waits for its first token until `end`. */
  async waiting(): Promise<RunningTurn> {
    const { ollama, here } = this.stage;
    const gate = new Gate();
    const chats = ollama.chats.length;
    ollama.next(script().wait(gate).tokens('a', '3').done());
    const whole = postJson(`${here}/api/chat`, { message: 'q3', conversation_id: this.id });
    await ollama.chat(chats);
    return {
      end: async () => {
        gate.open();
        return (await whole).body;
      },
    };
  }

  /** The same turn, of which the first token is written. */
  async writing(): Promise<RunningTurn> {
    const { ollama, here } = this.stage;
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('3').done());
    const stream = await StreamReader.post(`${here}/api/chat/stream`, {
      message: 'q3',
      conversation_id: this.id,
    });
    await stream.take(1);
    while (!(await this.texts()).endsWith(' q3 …'));
    return {
      end: async () => {
        gate.open();
        return (await stream.rest()).at(-1)?.data;
      },
    };
  }
}

/** A turn that goes on when its test says so. */
export interface RunningTurn {
  /** Lets it go on; its plain answer, or the last event of its stream. */
  end(): Promise<any>;
}

/** The texts of a conversation's messages as it was answered. */
export function textsOf(body: any): string {
  return body.messages
    .map(({ status, content }: any) => (status === 'streaming' ? '…' : content))
    .join(' ');
}

async function endOfEvents(base: string): Promise<string> {
  const reader = await StreamReader.open(`${base}/api/events`);
  const [ready] = await reader.take(1);
  reader.leave();
  return ready?.cursor ?? '';
}
