import type {
  ConversationParameters,
  ConversationSummary,
  ImageReference,
  Message,
} from '../domain/conversation.js';
import type { CalibrationStore } from './calibration-store.js';
import type { ConversationStore } from './conversation-store.js';
import type { KeyStore } from './key-store.js';
import type { UsageStore } from './usage-store.js';

/** A conversation besides its messages, as it is moved from store to store: nothing runs in it. */
export interface MovedConversation extends Omit<ConversationSummary, 'activeGenerationId'> {
  ownerId: string;
  parameters: ConversationParameters | null;
}

/** A history that is read as a whole. */
export interface HistoryView {
  readonly conversations: Pick<
    ConversationStore,
    'countByOwner' | 'list' | 'summaries' | 'find' | 'read'
  >;
  readonly usage: Pick<UsageStore, 'all'>;
  readonly keys: Pick<KeyStore, 'version' | 'all'>;
  readonly calibrations: Pick<CalibrationStore, 'all'>;

  /** The bytes of an image of a message in pieces; null if they are not there. */
  image(
    conversation: Pick<MovedConversation, 'ownerId' | 'id'>,
    image: ImageReference,
  ): Promise<AsyncIterable<Buffer> | null>;
}

/** Stores an image for the owner of a conversation, unless it is there: then its pieces are not read. */
export type StoreImage = (image: ImageReference, pieces: AsyncIterable<Buffer>) => Promise<void>;

/** All messages of a conversation in the order made, parents first; their images are stored before them. */
export type MovedMessages = (storeImage: StoreImage) => AsyncIterable<readonly Message[]>;

/** Writes conversations as they were elsewhere: with their ids, times and revisions, and nothing for the feed. */
export interface HistoryWriter {
  readonly calibrations: Pick<CalibrationStore, 'save'>;
  readonly usage: Pick<UsageStore, 'replaceAll'>;
  readonly keys: Pick<KeyStore, 'replaceAll'>;

  /**
   * In place of the owner's conversation of this id, if there is one. `messages` may be called again, but
   * for a writer of `filling`. If it fails, nothing of it is there.
   */
  put(conversation: MovedConversation, messages: MovedMessages): Promise<void>;

  /** With all that belongs to it. */
  remove(ownerId: string, id: string): Promise<void>;
}

/**
 * What is noted of a store by those who move histories; it is not moved itself. `restoring`: a backup is
 * being restored into it, or was when its process died.
 */
export type FactName = 'id' | 'copied' | 'restoring';

/** What makes a store one that is not empty. */
export type HistoryContent = 'conversations' | 'usage' | 'keys';

/** Only an empty store can be filled. */
export class StoreNotEmptyError extends Error {
  override readonly name = 'StoreNotEmptyError';

  constructor(readonly content: HistoryContent) {
    super(`The store has ${content}`);
  }
}

/** What a store has, the first of these; null if it is empty. */
export async function contentOf({
  conversations,
  usage,
  keys,
}: Pick<HistoryView, HistoryContent>): Promise<HistoryContent | null> {
  if ((await conversations.countByOwner()).size > 0) return 'conversations';
  if ((await usage.all()).length > 0) return 'usage';
  return (await keys.all()).length > 0 ? 'keys' : null;
}

/** Moves whole histories out of a store and into it, past the service. */
export abstract class HistoryTransfer {
  /** Each of its calls is whole or, after a crash, repeated by the next one. */
  abstract readonly writer: HistoryWriter;

  /**
   * Opens the store to write into it. Fails like `Store.open`, also with `StoreStartError` while a
   * process serves it.
   *
   * @param toFill also a store of which a filling was interrupted
   */
  abstract openAlone(toFill?: boolean): Promise<void>;

  /** Runs work on the history; in SQL it is that of one moment, else each conversation has one. */
  abstract reading<T>(work: (view: HistoryView) => Promise<T>): Promise<T>;

  /**
   * Runs work once that fills an empty store, opened by `openAlone(true)`: all that it writes is there when
   * it has ended, and nothing if it fails. After a crash nothing is there either, or `Store.open` refuses the
   * store until a filling has ended. Nobody can open it meanwhile.
   *
   * @throws {@link StoreNotEmptyError}
   */
  abstract filling<T>(work: (writer: HistoryWriter) => Promise<T>): Promise<T>;

  abstract fact(name: FactName): Promise<string | null>;

  /** Null: it is not so any more. */
  abstract setFact(name: FactName, value: string | null): Promise<void>;
}
