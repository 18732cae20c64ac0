import type { FinishReason, Message, Usage } from './conversation.js';
import type { AnswerParts, Piece } from './parts.js';
import type { AnswerReport } from './report.js';
import type { SpentTokens, TakenTokens, TokenClaim } from './token-usage.js';

export type GenerationStatus = 'queued' | 'running' | 'completed' | 'cancelled' | 'failed';

/** Phase of a generation; the record of an ended one has the phase in which it ended. */
export type GenerationPhase = 'queued' | 'loading' | 'prompt' | 'thinking' | 'generating' | 'ended';

/** What happens when the last reader disconnects. */
export type OnDisconnect = 'cancel' | 'grace' | 'continue';

/** A failure as it is stored and replayed: the public sentence, code and reason (see AppError). */
export interface GenerationError {
  error: string;
  code: string;
  reason: string;
}

/** Of a generation whose process died. */
export const WORKER_LOST_ERROR: GenerationError = {
  error: 'The service stopped before the answer was complete',
  code: 'INTERNAL_ERROR',
  reason: 'internal',
};

/** Whether its process died: then readers may have seen tokens that are not stored. */
export function isOfLostWorker({ error }: GenerationError): boolean {
  return error === WORKER_LOST_ERROR.error;
}

/**
 * A message of a turn that is not committed yet: what a client gave, complete as it is. One of role
 * `assistant` is an answer that the client has from elsewhere.
 */
export type StagedMessage = Pick<
  Message,
  'id' | 'clientId' | 'role' | 'content' | 'createdAt' | 'parts' | 'images' | 'toolAnswer'
>;

/**
 * A turn before it is committed: written with the claim, committed as messages at the first token
 * or with an end that commits it. Ids and times are fixed here, so that making it messages is
 * repeatable.
 */
export interface StagedTurn {
  /** Set when this turn opens its conversation. */
  newConversation: { title: string; createdAt: number; chatId: string | null } | null;
  /**
   * For an existing conversation: its title from now on, if it has no message yet but the system
   * prompt, and `titleBy` is `message`.
   */
  firstTitle: string | null;
  /**
   * The message that the turn follows; the conversation's id: none (the top); null: the end of the
   * active branch, as its worker reads it under the claim.
   */
  parentId: string | null;
  /**
   * What stands before the answer, in order and of any role: the system prompt of a new conversation,
   * results of tools, messages of the user, answers from elsewhere. None if existing messages are answered again (`regenerate`).
   */
  messages: readonly StagedMessage[];
  /**
   * Of a turn that a release without branches staged: the answer that it was to replace. The new one
   * becomes its sibling. Null in all others.
   */
  replacesMessageId: string | null;
}

/** The rest of a turn after its generation has ended, without its texts. */
export const NO_TURN: StagedTurn = {
  newConversation: null,
  firstTitle: null,
  parentId: null,
  messages: [],
  replacesMessageId: null,
};

/** A generation in the form in which the claim writes it. */
export interface NewGeneration {
  /** Primary key, a UUID made here, unique over all owners. Never shown to clients. */
  key: string;
  /** Public id, unique for its owner; made by the client or equal to `key`. */
  id: string;
  ownerId: string;
  /**
   * The client sent all that the model is asked, and keeps the answer: nothing of the turn becomes a
   * message. Such a generation has no conversation: `conversationId`, `messageId` and `answerParentId`
   * are ids that nothing else has, `turn` is `NO_TURN`.
   */
  stateless: boolean;
  /**
   * Its record, without log and texts, stays as long as its answer is a message; else as long as any other's.
   * A conversation that its turn opens is disposable.
   */
  isKept: boolean;
  conversationId: string;
  /** Id that the assistant's message has or will have. */
  messageId: string;
  /** The parent of that message: the last one before it, staged or not. */
  answerParentId: string;
  model: string;
  createdAt: number;
  /** When it began, if it begins with the claim; null: it waits in the queue. */
  startedAt: number | null;
  /** The worker (process) that runs it. */
  workerId: string;
  onDisconnect: OnDisconnect;
  turn: StagedTurn;
  /** Idempotency key with the fingerprint of route and body, when the client sent one. */
  idempotency: { key: string; fingerprint: string } | null;
  /**
   * What its wire needs of the request to write the same bytes again in any process: JSON that only
   * the wire reads. Null: nothing. It goes with the row, or with its conversation.
   */
  echo: string | null;
  /** Candidates for a stream slot (`<client>:1`, `<client>:2`, …), tried in turn; empty: unlimited. */
  slots: string[];
  tokens: TokenClaim;
}

/** A generation before its worker, its start and its stream slot are known. */
export type UnclaimedGeneration = Omit<NewGeneration, 'workerId' | 'slots' | 'startedAt'>;

/**
 * State of a generation after its claim: one that does not wait is already in the phase `prompt`.
 */
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
  /** The whole text, or the text so far. */
  response: string;
  /** What there was beside the text; null for nothing. */
  parts: AnswerParts | null;
  /** Null where the answer was never complete. */
  report: AnswerReport | null;
  /** What is counted for its key; null: nothing (a failure before the first token). */
  spent: SpentTokens | null;
  /** Number of the last token event. The stored log may hold fewer: then it cannot be replayed. */
  seq: number;
  error: GenerationError | null;
  finishedAt: number;
  /** Whether the connection to the model is known to be closed. */
  upstreamClosed: boolean;
  /**
   * Whether the turn is committed to the history. False only for a failure before the first token:
   * then its idempotency key and its public id can be used again.
   */
  commit: boolean;
  /**
   * For a turn that is committed by this end: the message that it follows, as its worker read it.
   * Null: as it was staged, or else the end of the active branch.
   */
  parentId: string | null;
}

/**
 * How much of an end is written. `turn`: the generation's record, the turn as messages and the
 * answer's text in them. `record`: the generation's record alone, so that its locks are released
 * even if the store refuses the messages.
 */
export type EndExtent = 'turn' | 'record';

/** A generation as it is stored, running or ended. */
export interface GenerationRecord {
  key: string;
  id: string;
  ownerId: string;
  /** As in `NewGeneration`. */
  stateless: boolean;
  conversationId: string;
  messageId: string;
  /** The parent of that message; null of a generation of a release without branches. */
  answerParentId: string | null;
  model: string;
  status: GenerationStatus;
  phase: GenerationPhase;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Full text of an ended generation; while it runs, the text of the stored log. */
  response: string;
  /** The same of what is not text. */
  parts: AnswerParts | null;
  report: AnswerReport | null;
  /** Number of the last stored event. */
  seq: number;
  finishReason: FinishReason | null;
  usage: Usage | null;
  error: GenerationError | null;
  upstreamClosed: boolean;
  onDisconnect: OnDisconnect;
  workerId: string;
  idempotency: { key: string; fingerprint: string } | null;
  /** As in `NewGeneration`. */
  echo: string | null;
  /** The conversation was deleted while or after it ran. */
  conversationDeleted: boolean;
  /** Whether its turn became messages; of a stateless one, whether it has had a first token. */
  committed: boolean;
}

/** A run of token events of one generation, numbered `firstSeq`, `firstSeq + 1`, … */
export interface LogBatch {
  key: string;
  firstSeq: number;
  tokens: Piece[];
}

export type ClaimResult =
  /** `taken`: what counted against its quotas just before, where it has some. */
  | { outcome: 'claimed'; taken?: TakenTokens }
  /** The idempotency key is taken: join or replay this one (the caller compares fingerprints). */
  | { outcome: 'idempotent'; generation: GenerationRecord }
  /** The public id is taken by the same owner. */
  | { outcome: 'generation_exists' }
  | { outcome: 'conversation_busy'; activeGenerationId: string }
  | { outcome: 'slots_taken' }
  /** A quota of its tokens is used up. */
  | { outcome: 'tokens_taken'; taken: TakenTokens };

/** Why a running generation is asked to stop. */
export type StopSignal = 'cancelled' | 'conversation_deleted';

/** What its worker is asked: to stop it, or to do so unless somebody reads it, which only that worker knows. */
export type StopRequest = StopSignal | 'unless_read';

/** Stop request and watchers of one of a worker's own generations. */
export interface GenerationSignal {
  key: string;
  stop: StopRequest | null;
  /** How many other workers have readers of it. */
  watchers: number;
}
