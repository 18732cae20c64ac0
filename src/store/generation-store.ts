import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  LogBatch,
  NewGeneration,
  StagedTurn,
} from '../domain/generation.js';

/** The messages of a staged turn, and the message that it follows. */
export type StagedPlace = Pick<StagedTurn, 'messages' | 'parentId'>;

/**
 * Generations from their claim to their end: the claims, the numbered logs and the ends. It needs
 * no multi-document transaction and no shared clock; every write is safe to repeat. Coordination
 * between workers is in `WorkerCoordination`.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class GenerationStore {
  /**
   * One insert that takes, all or none: the idempotency key, the public id, the conversation and
   * the first free slot. They are checked in that order if one is taken. A failed generation that
   * committed nothing (`commit: false`) holds neither its public id nor its key. Where it has quotas, it
   * is claimed only while what counts against them is below: in the same step, over all workers, and
   * checked last.
   */
  abstract claim(generation: NewGeneration): Promise<ClaimResult>;

  /** Removes the claim of a turn that did not begin (unknown conversation, message too long). */
  abstract abandon(key: string, workerId: string): Promise<void>;

  /**
   * Makes the staged turn messages, of a stateless generation none: conversation (if new), system and user message, and the
   * assistant's message in state `streaming`, which becomes the active end; counts, `revision` and
   * `updatedAt` follow. Repeatable. The turn follows `parentId`, else the staged parent, else the end of
   * the active branch; a parent that is not there any more counts as none, the system prompt as the top. `'deleted'` when the
   * conversation was deleted meanwhile, `'lost'` when the generation is no longer this worker's.
   *
   * @param parentId what the worker found under the claim
   * @param promptTokens the estimate of what was sent to the model
   */
  abstract commitTurn(
    key: string,
    workerId: string,
    now: number,
    parentId?: string | null,
    promptTokens?: number | null,
  ): Promise<'committed' | 'deleted' | 'lost'>;

  /**
   * Sets phase, and status `running` with `startedAt` unless it was claimed as begun. For
   * generations that have waited; others do not need this write.
   */
  abstract setPhase(
    key: string,
    workerId: string,
    phase: 'loading' | 'prompt' | 'generating',
    now: number,
  ): Promise<void>;

  /**
   * Stores runs of token events, of many generations at once. Returns the keys that are no longer
   * running under this worker: nothing of those was written. A repeated batch is written once, even
   * if it has grown at its end meanwhile.
   */
  abstract append(workerId: string, batches: LogBatch[]): Promise<string[]>;

  /**
   * Records the end once: the answer's text and state, what it spent, the turn itself when it was not yet messages
   * and `end.commit` is set, all locks released; `revision` rises. A turn without messages of its own
   * (`regenerate`) that ends with an empty response before it was committed leaves all as it was. `tail` are the last token events not yet
   * appended. `'deleted'`: ended, but the conversation was deleted. `'lost'`: it was ended by
   * another worker or before.
   *
   * With the extent `record` no message is written: a turn that is not yet messages becomes none,
   * and the answer of one that is reads as its generation ended.
   */
  abstract finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent?: EndExtent,
  ): Promise<'ended' | 'deleted' | 'lost'>;

  /**
   * The generation that has this public id, else the last one that had it: a failure that committed
   * nothing is shown until another takes its id.
   */
  abstract find(ownerId: string, id: string): Promise<GenerationRecord | null>;

  /** The generation that this idempotency key of the owner stands for, if any. */
  abstract findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null>;

  /** Frees the idempotency key of an ended generation, whose record stays. A repetition changes nothing. */
  abstract freeIdempotencyKey(key: string): Promise<void>;

  /** Public id of the generation that runs in a conversation, also in one that its turn only opens. */
  abstract activeIn(ownerId: string, conversationId: string): Promise<string | null>;

  /** A turn while it is staged: null once its messages are those of its conversation, or it has ended. */
  abstract stagedTurn(key: string): Promise<StagedPlace | null>;

  /**
   * Token events numbered above `after`, in order; empty if there are none or the log was removed.
   */
  abstract readLog(key: string, after: number): Promise<LogBatch[]>;

  /**
   * Of these generations, the ones whose conversation was deleted after they had ended, and those that the
   * store does not have any more.
   */
  abstract deletedAmong(keys: readonly string[]): Promise<string[]>;

  /**
   * Removes what an ended generation has: text, parts, log and echo. Its record reads then as one whose
   * conversation was deleted, and goes with the others that are so old. A repetition changes nothing.
   */
  abstract erase(key: string): Promise<void>;

  /**
   * Removes logs of generations that ended before `logsBefore`, with the texts of stateless ones, and
   * rows that ended before `rowsBefore`, but those of kept ones whose answer is a message. The record of such
   * a one has its text all the same.
   */
  abstract sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void>;
}
