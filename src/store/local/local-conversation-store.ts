import type {
  Conversation,
  ConversationPage,
  ConversationReading,
  ConversationSummary,
  Message,
} from '../../domain/conversation.js';
import { ConversationStore, type MessageWindow } from '../conversation-store.js';
import { currentAnswer } from '../rules/end.js';
import { pagesBetween } from '../rules/pages.js';
import type { IndexEntry } from './conversation-index.js';
import { ERASED, isRunning, type GenerationRow } from './generation-row.js';
import type { LocalImageStore } from './local-image-store.js';
import type { LocalState } from './local-state.js';
import { unchanged } from './conversation-change.js';
import { summaryOf, type StoredMessages, type StoredConversation } from './stored-conversation.js';

/** The conversations of a store of one process. */
export class LocalConversationStore extends ConversationStore {
  constructor(
    private readonly state: LocalState,
    private readonly images: LocalImageStore,
  ) {
    super();
  }

  async list(
    ownerId: string,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<ConversationPage> {
    const all = this.state.index.newestFirst(ownerId);
    const page = all.slice(offset, offset + limit);
    return {
      conversations: page.map((entry) => this.summary(ownerId, entry)),
      total: all.length,
    };
  }

  async find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    const stored = await this.load(ownerId, id);
    if (!stored) return null;
    const places = placesIn(stored.messages, window);
    if (!places) return 'message_not_found';
    const messages = await stored.messages.read(places.from, places.to);
    if (!messages) return null;
    return {
      ...this.summary(ownerId, summaryOf(stored, stored.messages.length)),
      messages: await Promise.all(messages.map((message) => this.current(ownerId, message))),
    };
  }

  async read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null> {
    const stored = await this.load(ownerId, id);
    if (!stored) return null;
    const { messages } = stored;
    const places = placesIn(messages, { limit: Infinity, ...window });
    if (!places) return 'message_not_found';
    const pages = pagesBetween(places.from, places.to - 1, async (from, limit) => {
      const page = (await messages.read(from, Math.min(from + limit, places.to))) ?? [];
      const current = page.map(async (message, index) => ({
        seq: from + index,
        message: await this.current(ownerId, message),
      }));
      return Promise.all(current);
    });
    return { ...this.summary(ownerId, summaryOf(stored, messages.length)), pages };
  }

  async systemPrompt(ownerId: string, id: string): Promise<string | null> {
    const stored = await this.load(ownerId, id);
    const first = (await stored?.messages.read(0, 1))?.[0];
    return first?.role === 'system' ? first.content : null;
  }

  async rename(ownerId: string, id: string, title: string): Promise<boolean> {
    return this.state.inConversation(ownerId, id, async () => {
      const stored = await this.load(ownerId, id);
      if (!stored) return false;
      const renamed = { ...stored, title };
      await this.state.persistence.saveConversation(unchanged(renamed));
      this.state.index.put(ownerId, summaryOf(renamed, stored.messages.length));
      return true;
    });
  }

  async delete(ownerId: string, id: string): Promise<boolean> {
    return this.state.inConversation(ownerId, id, async () => {
      const entry = this.state.index.get(ownerId, id);
      if (!entry && !this.isStaged(ownerId, id)) return false;
      if (entry) await this.remove(ownerId, entry);
      await this.stopOrErase(ownerId, id);
      await this.images.removeOf(ownerId, id);
      return true;
    });
  }

  async countByOwner(): Promise<Map<string, number>> {
    return this.state.index.countByOwner();
  }

  async removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    const { index } = this.state;
    const entries = index.newestFirst(ownerId);
    for (let last = entries.length - 1; index.count(ownerId) > max && last >= 0; last -= 1) {
      const id = entries[last]?.id;
      if (id === undefined || id === exceptId) continue;
      if (await this.removeUnlessActive(ownerId, id, max)) return id;
    }
    return null;
  }

  private removeUnlessActive(ownerId: string, id: string, max: number): Promise<boolean> {
    const { index, table } = this.state;
    return this.state.inConversation(ownerId, id, async () => {
      const entry = index.get(ownerId, id);
      if (!entry || table.activeIn(ownerId, id) || index.count(ownerId) <= max) return false;
      await this.remove(ownerId, entry);
      await this.stopOrErase(ownerId, id);
      await this.images.removeOf(ownerId, id);
      return true;
    });
  }

  /** From the index first: a generation claimed meanwhile finds no conversation any more. */
  private async remove(ownerId: string, entry: IndexEntry): Promise<void> {
    this.state.index.remove(ownerId, entry.id);
    try {
      await this.state.persistence.removeConversation(ownerId, entry.id);
    } catch (error) {
      this.state.index.put(ownerId, entry);
      throw error;
    }
  }

  /** The running ones are asked to stop; the texts of the others are removed. */
  private async stopOrErase(ownerId: string, conversationId: string): Promise<void> {
    const { table, persistence } = this.state;
    for (const row of table.ofConversation(ownerId, conversationId)) {
      if (isRunning(row)) {
        this.state.requestStop(row, 'conversation_deleted');
        await persistence.saveGeneration(table.get(row.key) ?? row);
      } else await this.erase(row);
    }
  }

  /**
   * If the disk fails here, the next start finds a row without its conversation and completes the
   * deletion.
   */
  private async erase({ key }: GenerationRow): Promise<void> {
    const { table, persistence } = this.state;
    table.patch(key, ERASED);
    const row = table.get(key);
    await persistence.removeLog(key).catch(() => undefined);
    if (row) await persistence.saveGeneration(row).catch(() => undefined);
  }

  private isStaged(ownerId: string, id: string): boolean {
    const active = this.state.table.activeIn(ownerId, id);
    return active !== undefined && !active.conversationDeleted && !!active.turn.newConversation;
  }

  /** A conversation whose file was damaged or removed is not listed. */
  private async load(ownerId: string, id: string): Promise<StoredConversation | null> {
    if (!this.state.index.get(ownerId, id)) return null;
    const stored = await this.state.persistence.loadConversation(ownerId, id);
    if (!stored) this.state.index.remove(ownerId, id);
    return stored;
  }

  private summary(ownerId: string, entry: IndexEntry): ConversationSummary {
    const active = this.state.table.activeIn(ownerId, entry.id);
    return { ...entry, activeGenerationId: active?.id ?? null };
  }

  /** A streaming message with its text so far, or with its end if that came while it was read. */
  private async current(ownerId: string, message: Message): Promise<Message> {
    if (message.status !== 'streaming' || message.generationId === null) return message;
    const row = this.state.table.findById(ownerId, message.generationId);
    const log = row ? await this.state.persistence.readLog(row.key) : [];
    // The end may have come while the log was read.
    return currentAnswer(message, (row && this.state.table.get(row.key)) ?? null, log);
  }
}

/** The positions of a window in a conversation; null if `before` is not one of its messages. */
function placesIn(
  messages: StoredMessages,
  window: MessageWindow = { limit: Infinity },
): { from: number; to: number } | null {
  const to = window.before === undefined ? messages.length : messages.placeOf(window.before);
  return to === -1 ? null : { from: Math.max(0, to - window.limit), to };
}
