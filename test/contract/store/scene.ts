import { randomUUID } from 'node:crypto';
import type { Conversation } from '../../../src/domain/conversation.js';
import {
  NO_TURN,
  type EndExtent,
  type GenerationEnd,
  type GenerationRecord,
  type LogBatch,
  type NewGeneration,
  type StagedMessage,
  type StagedTurn,
} from '../../../src/domain/generation.js';
import type { Piece } from '../../../src/domain/parts.js';
import type {
  ConversationUpdate,
  ListFilter,
  ListRequest,
  MessageWindow,
} from '../../../src/store/conversation-store.js';
import type { Store } from '../../../src/store/store.js';

/** Some moment; tests count milliseconds from here. */
export const T0 = 1_750_000_000_000;

/** A store to be tested, opened and ready. */
export interface StoreUnderTest {
  store: Store;
  /** One more opened instance over the same data. Durable ones are closed first where not shared. */
  open(): Promise<Store>;
  /** Closes every instance that is still open and removes the data. */
  dispose(): Promise<void>;
}

/** What a store promises beyond one process's life. */
export interface StoreTraits {
  /** Data outlive `close`. */
  durable: boolean;
  /** Several instances work on the same data at once. */
  shared: boolean;
}

export interface TurnWish {
  text?: string;
  system?: string;
  title?: string;
  /** The id that a client gave the conversation that it opens. */
  chatId?: string;
  at?: number;
  /** What stands before the answer of a reply, instead of the text. */
  messages?: StagedMessage[];
  /** Where a reply goes; left out: the end of the active branch. */
  parentId?: string;
}

/** Whoever talks to a store in one test: an owner and a worker that no other test has. */
export class Scene {
  readonly ownerId: string;
  readonly workerId: string;
  private readonly begunWith = new Map<string, number>();

  constructor(
    readonly store: Store,
    names: { ownerId?: string; workerId?: string } = {},
  ) {
    this.ownerId = names.ownerId ?? `owner-${randomUUID()}`;
    this.workerId = names.workerId ?? randomUUID();
  }

  get conversations() {
    return this.store.conversations;
  }

  get generations() {
    return this.store.generations;
  }

  get coordination() {
    return this.store.coordination;
  }

  /** The same people on another instance of the store. */
  on(store: Store): Scene {
    return new Scene(store, this);
  }

  /** A generation that opens a conversation of its own, unless told otherwise. */
  opening(wish: TurnWish = {}, overrides: Partial<NewGeneration> = {}): NewGeneration {
    const { text = 'Hello', system, title = 'A title', chatId = null, at = T0 } = wish;
    return this.generation(
      {
        ...NO_TURN,
        newConversation: { title, createdAt: at, chatId },
        messages: [
          ...(system === undefined ? [] : [said('system', system, at)]),
          said('user', text, at),
        ],
      },
      { createdAt: at, ...overrides },
    );
  }

  /** A generation that answers one more message of an existing conversation. */
  reply(
    conversationId: string,
    wish: TurnWish = {},
    overrides: Partial<NewGeneration> = {},
  ): NewGeneration {
    const { text = 'And then?', at = T0, title = null, parentId = null } = wish;
    const messages = wish.messages ?? [said('user', text, at)];
    return this.generation(
      { ...NO_TURN, firstTitle: title, parentId, messages },
      { conversationId, createdAt: at, ...overrides },
    );
  }

  /** A generation that answers a message anew. */
  regeneration(conversationId: string, parentId: string, at = T0): NewGeneration {
    return this.generation({ ...NO_TURN, parentId }, { conversationId, createdAt: at });
  }

  private generation(turn: StagedTurn, overrides: Partial<NewGeneration>): NewGeneration {
    const key = randomUUID();
    return {
      key,
      id: key,
      ownerId: this.ownerId,
      stateless: false,
      isKept: false,
      conversationId: randomUUID(),
      messageId: randomUUID(),
      answerParentId: turn.messages.at(-1)?.id ?? turn.parentId ?? '',
      model: 'llama2',
      createdAt: T0,
      startedAt: null,
      workerId: this.workerId,
      onDisconnect: 'cancel',
      turn,
      idempotency: null,
      echo: null,
      slots: [],
      tokens: { keyName: this.ownerId, promptTokens: null, maxTokens: 0, quotas: null },
      ...overrides,
    };
  }

  async claimed(generation: NewGeneration): Promise<NewGeneration> {
    expect(await this.generations.claim(generation)).toEqual({ outcome: 'claimed' });
    return generation;
  }

  /** Claims it and makes its turn messages, a second after it was made. */
  async begun(generation: NewGeneration, tokens: string[] = []): Promise<NewGeneration> {
    await this.claimed(generation);
    const { key, workerId, createdAt } = generation;
    await this.generations.setPhase(key, workerId, 'generating', createdAt + 500);
    expect(await this.generations.commitTurn(key, workerId, createdAt + 1000)).toBe('committed');
    this.begunWith.set(key, tokens.length);
    if (tokens.length > 0)
      expect(await this.generations.append(workerId, [batch(key, 1, tokens)])).toEqual([]);
    return generation;
  }

  /** A whole turn: claimed, begun, ended two seconds after it was made. */
  async answered(generation: NewGeneration, response = 'Hi there'): Promise<NewGeneration> {
    await this.begun(generation);
    const end = completed(response, generation.createdAt + 2000);
    const tail = batch(generation.key, 1, [response]);
    expect(await this.finish(generation, end, tail)).toBe('ended');
    return generation;
  }

  /** The number of its last event is that of the tail, or of what it was begun with. */
  finish(
    { key, workerId }: NewGeneration,
    end: GenerationEnd,
    tail: LogBatch | null = null,
    extent?: EndExtent,
  ) {
    const seq = tail ? tail.firstSeq + tail.tokens.length - 1 : (this.begunWith.get(key) ?? 0);
    return this.generations.finish(key, workerId, { ...end, seq }, tail, extent);
  }

  /** Ends what a dead worker left; the keys of what this call ended. */
  async reap(lastBeat: number, now: number, workerId = this.workerId): Promise<string[]> {
    const ended: string[] = [];
    for (const key of await this.coordination.forgetWorker(workerId, lastBeat))
      if (await this.coordination.endLost(key, workerId, now)) ended.push(key);
    return ended;
  }

  /** The conversation, which must be there. */
  async conversation(id: string): Promise<Conversation> {
    const found = await this.conversations.find(this.ownerId, id);
    if (!found || typeof found === 'string') throw new Error(`No conversation: ${found}`);
    return found;
  }

  /** The ids of its messages; of the active branch if no other is named. */
  async branch(id: string, branch?: MessageWindow['branch']): Promise<string[]> {
    const found = await this.conversations.find(this.ownerId, id, {
      limit: 100_000,
      ...(branch !== undefined && { branch }),
    });
    if (!found || typeof found === 'string') throw new Error(`No conversation: ${found}`);
    return found.messages.map((message) => message.id);
  }

  /** What a reader sees of it: role, text and state of each message. */
  async transcript(id: string): Promise<string[]> {
    const { messages } = await this.conversation(id);
    return messages.map(({ role, content, status }) => `${role}: ${content} (${status})`);
  }

  /** The generation, which must be there. */
  async record(id: string): Promise<GenerationRecord> {
    const found = await this.generations.find(this.ownerId, id);
    if (!found) throw new Error('No generation');
    return found;
  }

  /** How many conversations an owner has. */
  async count(ownerId = this.ownerId): Promise<number> {
    return (await this.conversations.list(ownerId, newestFirst({ limit: 1, offset: 0 }))).total;
  }

  /** Ids of the whole list, as it is ordered. */
  async listed(): Promise<string[]> {
    const page = await this.conversations.list(
      this.ownerId,
      newestFirst({ limit: 100, offset: 0 }),
    );
    return page.conversations.map(({ id }) => id);
  }

  async tokens(key: string, after = 0): Promise<Piece[]> {
    return (await this.generations.readLog(key, after)).flatMap(({ tokens }) => tokens);
  }
}

/** A page of the whole list as it is ordered by default, unless a filter says otherwise. */
export function newestFirst({
  limit = 100,
  offset = 0,
  ...filter
}: Partial<ListFilter> & { limit?: number; offset?: number }): ListRequest {
  return {
    archived: null,
    pinned: null,
    tag: null,
    sort: 'updatedAt',
    order: 'desc',
    limit,
    from: { offset },
    until: null,
    ...filter,
  };
}

/** A new title by its owner. */
export function titled(text: string): ConversationUpdate {
  return { title: { text, by: 'user' } };
}

/** A message of text alone, before it is committed. */
export function said(
  role: 'system' | 'user' | 'assistant',
  content: string,
  createdAt = T0,
): StagedMessage {
  const nothingElse = { clientId: null, parts: null, images: null, toolAnswer: null };
  return { id: randomUUID(), role, content, createdAt, ...nothingElse };
}

export function batch(key: string, firstSeq: number, tokens: Piece[]): LogBatch {
  return { key, firstSeq, tokens };
}

export function completed(response: string, finishedAt = T0 + 2000): GenerationEnd {
  return {
    status: 'completed',
    phase: 'generating',
    finishReason: 'stop',
    usage: { promptTokens: 12, completionTokens: 3 },
    response,
    parts: null,
    report: null,
    spent: { promptTokens: 12, completionTokens: 3, estimatedTokens: 0 },
    seq: 0,
    error: null,
    finishedAt,
    upstreamClosed: true,
    commit: true,
    parentId: null,
  };
}

export function cancelled(response: string, finishedAt = T0 + 2000): GenerationEnd {
  return {
    ...completed(response, finishedAt),
    status: 'cancelled',
    phase: response === '' ? 'prompt' : 'generating',
    finishReason: 'cancelled',
    usage: null,
  };
}

export const MODEL_ERROR = {
  error: 'The model is not available',
  code: 'SERVICE_UNAVAILABLE',
  reason: 'model_unavailable',
};

export function failed(response: string, keep = true, finishedAt = T0 + 2000): GenerationEnd {
  return {
    ...completed(response, finishedAt),
    status: 'failed',
    finishReason: null,
    usage: null,
    error: MODEL_ERROR,
    spent: keep ? { promptTokens: 12, completionTokens: 3, estimatedTokens: 15 } : null,
    commit: keep,
  };
}
