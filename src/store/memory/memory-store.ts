import { LocalConversationStore } from '../local/local-conversation-store.js';
import { LocalGenerationStore } from '../local/local-generation-store.js';
import type { LocalIdleConversations } from '../local/local-idle-conversations.js';
import { LocalImageStore } from '../local/local-image-store.js';
import { LocalWorkerCoordination } from '../local/local-worker-coordination.js';
import { LocalState } from '../local/local-state.js';
import { LocalUsageStore } from '../local/local-usage-store.js';
import { Store } from '../store.js';
import { MemoryCalibrationStore } from './memory-calibration-store.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { MemoryPersistence } from './memory-persistence.js';
import { NoKeys } from './no-keys.js';

/** A store in this process's memory: it needs no setup, and nothing survives the process. */
export class MemoryStore extends Store {
  readonly shared = false;
  readonly conversations: LocalConversationStore;
  readonly generations: LocalGenerationStore;
  readonly coordination: LocalWorkerCoordination;
  readonly calibrations = new MemoryCalibrationStore();
  readonly images: LocalImageStore;
  readonly changes = new MemoryChangeFeed();
  readonly idle: LocalIdleConversations;
  readonly keys = new NoKeys();
  readonly usage: LocalUsageStore;

  constructor() {
    super();
    const state = new LocalState(new MemoryPersistence(this.changes), this.signal);
    this.images = new LocalImageStore(state);
    this.conversations = new LocalConversationStore(state, this.images);
    this.idle = this.conversations.idle;
    this.generations = new LocalGenerationStore(state);
    this.coordination = new LocalWorkerCoordination(state);
    this.usage = new LocalUsageStore(state);
  }

  async open(): Promise<void> {
    // Memory is there.
  }

  async ping(): Promise<void> {
    // Memory is there.
  }

  async close(): Promise<void> {
    // Memory goes with the process.
  }
}
