import { ConversationIndex } from './conversation-index.js';
import { GenerationTable } from './generation-table.js';
import { KeyedMutex } from './keyed-mutex.js';
import type { Vault } from './vault.js';

/** What both halves of a store of one process work on. */
export class LocalState {
  index = new ConversationIndex();
  table = new GenerationTable();
  private readonly mutex = new KeyedMutex();

  constructor(
    readonly vault: Vault,
    /** Told of stop requests. */
    readonly signal: (generationKey: string) => void,
  ) {}

  /** Runs a task alone among those that write into this conversation or its generations. */
  inConversation<T>(ownerId: string, id: string, task: () => Promise<T>): Promise<T> {
    return this.mutex.run(ownerId, id, task);
  }

  /** Forgets all, to be filled anew. */
  reset(): void {
    this.index = new ConversationIndex();
    this.table = new GenerationTable();
  }

  /** When every write that was begun by now has ended. */
  settled(): Promise<void> {
    return this.mutex.settled();
  }
}
