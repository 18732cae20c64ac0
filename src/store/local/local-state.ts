import { ConversationIndex } from './conversation-index.js';
import type { GenerationRecord, LogBatch, StopSignal } from '../../domain/generation.js';
import type { Written } from '../../domain/parts.js';
import type { TakenTokens, UsageSubject, UtcDay } from '../../domain/token-usage.js';
import { eventsAbove, writtenIn } from '../rules/log.js';
import { usageItem } from '../rules/usage.js';
import { ImageIndex } from './image-index.js';
import {
  isKeptMessage,
  isRunning,
  spentOn,
  toRecord,
  type GenerationRow,
} from './generation-row.js';
import { GenerationTable } from './generation-table.js';
import type { LocalPersistence } from './local-persistence.js';
import { OwnedMap } from './owned-map.js';
import {
  summaryOf,
  type ConversationChange,
  type ConversationCopy,
} from './stored-conversation.js';
import { UsageTable } from './usage-table.js';

/** The shared state of the stores of one process. */
export class LocalState {
  index = new ConversationIndex();
  table = new GenerationTable();
  images = new ImageIndex();
  usage = new UsageTable();
  /** Whether another process may serve the data: then `table` may lack generations. */
  isObserved = false;
  private readonly mutex = new KeyedMutex();
  private readonly imageMutex = new KeyedMutex();

  constructor(
    readonly persistence: LocalPersistence,
    /** Called for stop requests. */
    readonly signal: (generationKey: string) => void,
  ) {}

  /** Runs a task while no other writes into this conversation or its generations. */
  inConversation<T>(ownerId: string, id: string, task: () => Promise<T>): Promise<T> {
    return this.mutex.run(ownerId, id, task);
  }

  /** Runs a task while no other changes this owner's images. */
  inImagesOf<T>(ownerId: string, task: () => Promise<T>): Promise<T> {
    return this.imageMutex.run(ownerId, '', task);
  }

  /**
   * Runs a task in the generation's conversation, as `inConversation` does, if the generation still runs
   * under this worker by then; null otherwise.
   */
  async whileRunning<T>(
    key: string,
    workerId: string,
    task: (row: GenerationRow) => Promise<T>,
  ): Promise<T | null> {
    const known = this.table.runningUnder(key, workerId);
    if (!known) return null;
    return this.inConversation(known.ownerId, known.conversationId, async () => {
      const row = this.table.runningUnder(key, workerId);
      return row ? task(row) : null;
    });
  }

  /** Writes a change of a conversation: every one but a copy, so that the index follows. */
  async save(change: ConversationChange): Promise<void> {
    await this.persistence.saveConversation(change);
    this.index.put(change.heading.ownerId, summaryOf(change.heading));
  }

  async saveCopy(copy: ConversationCopy): Promise<void> {
    await this.persistence.saveCopy(copy);
    this.index.put(copy.heading.ownerId, summaryOf(copy.heading));
  }

  /** Token events numbered above `after`; none once the log was removed. */
  async readLog(key: string, after: number): Promise<LogBatch[]> {
    if (!this.table.get(key)?.hasLog) return [];
    return eventsAbove(await this.persistence.readLog(key), after);
  }

  /** The record of a row: while it runs, with the text of its log; of a kept one, that of its message. */
  async record(row: GenerationRow): Promise<GenerationRecord> {
    if (!isRunning(row)) return toRecord(row, (await this.keptAnswer(row)) ?? row);
    const soFar = writtenIn(await this.persistence.readLog(row.key));
    // The end may have come while the log was read.
    const now = this.table.get(row.key) ?? row;
    return toRecord(now, isRunning(now) ? soFar : now);
  }

  private async keptAnswer(row: GenerationRow): Promise<Written | null> {
    const { ownerId, conversationId, messageId, response, parts } = row;
    if (!isKeptMessage(row) || response !== '' || parts !== null) return null;
    const messages = (await this.persistence.loadConversation(ownerId, conversationId))?.messages;
    const place = messages?.placeOf(messageId) ?? -1;
    const [answer] = (place === -1 ? null : await messages?.read([place])) ?? [];
    return answer ? { response: answer.content, parts: answer.parts } : null;
  }

  /** Asks for the stop of a generation, where it runs. A deletion overrides a cancel. */
  requestStop(row: GenerationRow, stop: StopSignal): void {
    if (!isRunning(row)) return;
    if (stop === 'cancelled') this.table.patch(row.key, { stop: row.stop ?? stop });
    else this.table.patch(row.key, { stop, conversationDeleted: true });
    this.signal(row.key);
  }

  /** Asks for the stop of a generation unless somebody reads it, where it runs. */
  requestUnreadStop(row: GenerationRow): void {
    this.table.patch(row.key, { unreadStop: true });
    this.signal(row.key);
  }

  /** Changes the row of a generation that is stored as ended, and counts what it spent. */
  ended(key: string, fields: Partial<GenerationRow>): void {
    this.table.patch(key, fields);
    const row = this.table.get(key);
    if (row) this.count(row);
  }

  /** Adds what an ended generation spent to the usage. */
  count({ ownerId, tokens, model, status, finishedAt, spent }: GenerationRow): void {
    if (spent === null || status === 'queued' || status === 'running') return;
    const named = { ownerId, keyName: tokens.keyName, model };
    this.usage.add(usageItem(named, { status, finishedAt: finishedAt ?? 0 }, spent));
  }

  taken(subject: UsageSubject, day: UtcDay): TakenTokens {
    return { ...this.usage.spent(subject, day), running: this.table.reservedFor(subject) };
  }

  /** Saves the usage of a day: from then on the rows that are counted in it may go. */
  saveUsage(day: UtcDay): Promise<void> {
    const counted = this.table.allEnded().filter((row) => spentOn(row) === day);
    const keys = counted.map(({ key }) => key);
    return this.persistence.saveUsage(day, this.usage.ofDay(day), keys);
  }

  /** Clears all data before a new load. */
  reset(): void {
    this.index = new ConversationIndex();
    this.table = new GenerationTable();
    this.images = new ImageIndex();
    this.usage = new UsageTable();
  }

  /** Resolves when all writes that have begun have ended. */
  async settled(): Promise<void> {
    await this.mutex.settled();
    await this.imageMutex.settled();
  }
}

/** Runs the tasks of one owner's one id one after another, those of others side by side. */
class KeyedMutex {
  private readonly tails = new OwnedMap<Promise<unknown>>();

  async run<T>(ownerId: string, id: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(ownerId, id);
    const mine = before ? before.then(task, task) : task();
    this.tails.set(ownerId, id, mine);
    try {
      return await mine;
    } finally {
      if (this.tails.get(ownerId, id) === mine) this.tails.delete(ownerId, id);
    }
  }

  /** Resolves when all tasks so far have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.tails.values());
  }
}
