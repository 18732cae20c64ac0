import type { FinishReason, Usage } from './conversation.js';

export type GenerationStatus = 'queued' | 'running' | 'completed' | 'cancelled' | 'failed';

/** Where in its life a generation is; of an ended one the record keeps the phase it ended in. */
export type GenerationPhase = 'queued' | 'loading' | 'prompt' | 'generating' | 'ended';

/** What happens when the last reader leaves. */
export type OnDisconnect = 'cancel' | 'grace' | 'continue';

/** A failure as it is stored and replayed: the public sentence, code and reason (see AppError). */
export interface GenerationError {
  error: string;
  code: string;
  reason: string;
}

/**
 * The turn before it is history: written with the claim, made messages at the first token or at any
 * end that keeps something. Ids and times are fixed here, so that making it messages is repeatable.
 */
export interface StagedTurn {
  /** Set when this turn opens its conversation. */
  newConversation: { title: string; createdAt: number } | null;
  /** First message of a new conversation, when a system prompt was given. */
  systemMessage: { id: string; content: string; createdAt: number } | null;
  /** Null when an existing user message is answered anew (`regenerate`). */
  userMessage: { id: string; content: string; createdAt: number } | null;
  /** `regenerate`: the answer that the new one takes the place of, once the new one has begun. */
  replacesMessageId: string | null;
}

/** What is left of a turn once its generation has ended: its texts have done their service. */
export const NO_TURN: StagedTurn = {
  newConversation: null,
  systemMessage: null,
  userMessage: null,
  replacesMessageId: null,
};

/** A generation as the claim writes it. */
export interface NewGeneration {
  /** Primary key, a UUID of ours, unique over all owners. Never leaves the service. */
  key: string;
  /** Public id, unique for its owner; made by the client or equal to `key`. */
  id: string;
  ownerId: string;
  conversationId: string;
  /** Id that the assistant's message has or will have. */
  messageId: string;
  model: string;
  createdAt: number;
  /** When it is begun, where that is with the claim; null: it waits for its turn. */
  startedAt: number | null;
  /** The worker (process) that runs it. */
  workerId: string;
  onDisconnect: OnDisconnect;
  turn: StagedTurn;
  /** Idempotency key with the fingerprint of route and body, when the client sent one. */
  idempotency: { key: string; fingerprint: string } | null;
  /** Candidates for a stream slot (`<client>:1`, `<client>:2`, …), tried in turn; empty: unlimited. */
  slots: string[];
}

/** A generation before it is known which process runs it, when, and which stream slot it takes. */
export type UnclaimedGeneration = Omit<NewGeneration, 'workerId' | 'slots' | 'startedAt'>;

/** How a generation stands once it is claimed: one that need not wait is being read by the model. */
export function stateAtClaim({ startedAt }: NewGeneration): {
  status: 'queued' | 'running';
  phase: 'queued' | 'prompt';
  startedAt: number | null;
} {
  return startedAt === null
    ? { status: 'queued', phase: 'queued', startedAt }
    : { status: 'running', phase: 'prompt', startedAt };
}

/** How a generation ended. */
export interface GenerationEnd {
  status: 'completed' | 'cancelled' | 'failed';
  /** The phase it ended in. */
  phase: GenerationPhase;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** The whole text, or the part there was. */
  response: string;
  /** Number of the last token event. The stored log may hold fewer: then it cannot be replayed. */
  seq: number;
  error: GenerationError | null;
  finishedAt: number;
  /** Whether our connection to the model is known to be closed. */
  upstreamClosed: boolean;
  /**
   * Whether the turn is committed to the history. False only for a failure before the first token: then
   * its idempotency key and its public id are free again as well.
   */
  commit: boolean;
}

/**
 * How much of an end is written. `turn`: the generation's record, the turn as messages and the answer's
 * text in them. `record`: the generation's record alone, so that its locks are free where the store
 * refuses the messages.
 */
export type EndExtent = 'turn' | 'record';

/** A generation as it is stored, running or ended. */
export interface GenerationRecord {
  key: string;
  id: string;
  ownerId: string;
  conversationId: string;
  messageId: string;
  model: string;
  status: GenerationStatus;
  phase: GenerationPhase;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Full text of an ended generation; while it runs, the text of the stored log. */
  response: string;
  /** Number of the last stored event. */
  seq: number;
  finishReason: FinishReason | null;
  usage: Usage | null;
  error: GenerationError | null;
  upstreamClosed: boolean;
  onDisconnect: OnDisconnect;
  workerId: string;
  idempotency: { key: string; fingerprint: string } | null;
  /** The conversation was deleted while or after it ran. */
  conversationDeleted: boolean;
  /** Whether its turn became messages. */
  committed: boolean;
}

/** A run of token events of one generation, numbered `firstSeq`, `firstSeq + 1`, … */
export interface LogBatch {
  key: string;
  firstSeq: number;
  tokens: string[];
}

export type ClaimResult =
  | { outcome: 'claimed' }
  /** The idempotency key is taken: join or replay this one (the caller compares fingerprints). */
  | { outcome: 'idempotent'; generation: GenerationRecord }
  /** The public id is taken by the same owner. */
  | { outcome: 'generation_exists' }
  | { outcome: 'conversation_busy'; activeGenerationId: string }
  | { outcome: 'slots_taken' };

/** Why a running generation is asked to stop from outside. */
export type StopSignal = 'cancelled' | 'conversation_deleted';

/** What a worker is told about its own generations when it asks. */
export interface GenerationSignal {
  key: string;
  stop: StopSignal | null;
  /** How many other workers have readers of it. */
  watchers: number;
}

/** Where a worker is in the log of a generation that another one runs. */
export interface LogCursor {
  key: string;
  /** Number of the last token event it has. */
  after: number;
}

/** What has come since. */
export interface LogUpdate {
  key: string;
  /** Texts of the token events `after + 1`, `after + 2`, … */
  tokens: string[];
  /** Its record, once it has ended and `tokens` are its last. */
  ended: GenerationRecord | null;
}
