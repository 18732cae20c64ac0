import type {
  BranchMessage,
  Conversation,
  ConversationHead,
  ConversationReading,
  ConversationSummary,
  Message,
} from '../../domain/conversation.js';
import type { LocatedMessage, MessageWindow } from '../conversation-store.js';
import { currentAnswer } from '../rules/end.js';
import { pagesBetween } from '../rules/pages.js';
import { isOneBranch } from '../rules/tree.js';
import type { IndexEntry } from './conversation-index.js';
import type { LocalState } from './local-state.js';
import { placesIn, type WindowPlaces } from './message-window.js';
import { summaryOf, type StoredConversation } from './stored-conversation.js';

/** Reads conversations with what their running generations have written so far. */
export class ConversationReader {
  constructor(private readonly state: LocalState) {}

  /** A conversation whose file was damaged or removed is not listed. */
  async load(ownerId: string, id: string): Promise<StoredConversation | null> {
    if (!this.state.index.get(ownerId, id)) return null;
    const stored = await this.state.persistence.loadConversation(ownerId, id);
    if (!stored) this.state.index.remove(ownerId, id);
    return stored;
  }

  summaryOf(ownerId: string, entry: IndexEntry): ConversationSummary {
    const active = this.state.table.activeIn(ownerId, entry.id);
    return { activeGenerationId: active?.id ?? null, ...entry };
  }

  async summary(ownerId: string, id: string) {
    const stored = await this.load(ownerId, id);
    return stored && this.settings(stored, await systemOf(stored));
  }

  /** Begins anew if messages are deleted while they are read. */
  async find(
    ownerId: string,
    id: string,
    window: Partial<MessageWindow> = {},
  ): Promise<Conversation | 'message_not_found' | null> {
    for (;;) {
      const stored = await this.load(ownerId, id);
      if (!stored) return null;
      const found = placesIn(stored, window);
      if (!found) return 'message_not_found';
      const { places } = found;
      // The system prompt is read in any case.
      const before = stored.messages.hasSystem && places[0] !== 0 ? [0] : [];
      const read = await stored.messages.read([...before, ...places]);
      if (read?.length !== before.length + places.length) continue;
      const system = stored.messages.hasSystem ? (read[0]?.content ?? null) : null;
      const messages = await this.placed(stored, read.slice(before.length));
      return { messages, ...this.head(stored, found, system) };
    }
  }

  async read(
    ownerId: string,
    id: string,
    window: Partial<MessageWindow> = {},
  ): Promise<ConversationReading | 'message_not_found' | null> {
    const stored = await this.load(ownerId, id);
    if (!stored) return null;
    const found = placesIn(stored, window);
    if (!found) return 'message_not_found';
    const { places } = found;
    const pages = pagesBetween(0, places.length - 1, async (from, limit) => {
      for (let at = from; at < places.length; at += limit) {
        const end = Math.min(at + limit, places.length);
        const page = await stored.messages.read(places.slice(at, end));
        const messages = await this.placed(stored, page ?? []);
        // Of messages that were all deleted there is no page: the next one may have some.
        if (messages.length > 0) return messages.map((message) => ({ seq: end - 1, message }));
      }
      return [];
    });
    return { pages, ...this.head(stored, found, await systemOf(stored)) };
  }

  async located(ownerId: string, id: string, names: readonly string[]): Promise<LocatedMessage[]> {
    const stored = await this.load(ownerId, id);
    if (!stored) return [];
    const { heading, messages } = stored;
    const found = messages.named(new Set(names));
    if (found.length === 0 || isOneBranch(heading))
      return found.map((message) => ({ ...message, active: true }));
    const tree = messages.tree();
    const path = new Set(tree.pathTo(heading.activeMessageId ?? ''));
    return found.map((message) => ({ ...message, active: path.has(tree.placeOf(message.id)) }));
  }

  /** A streaming message with its text so far, or with its end if that came while it was read. */
  async current(ownerId: string, message: Message): Promise<Message> {
    if (message.status !== 'streaming' || message.generationId === null) return message;
    const row = this.state.table.findById(ownerId, message.generationId);
    if (!row && this.state.isObserved) return message;
    const log = row ? await this.state.persistence.readLog(row.key) : [];
    // The end may have come while the log was read.
    return currentAnswer(message, (row && this.state.table.get(row.key)) ?? null, log);
  }

  private placed(
    { heading, messages }: StoredConversation,
    read: readonly Message[],
  ): Promise<BranchMessage[]> {
    const tree = isOneBranch(heading) ? null : messages.tree();
    const placed = read.map(async (message): Promise<BranchMessage> => {
      const siblings = tree?.siblingsOf(message.id) ?? [message.id];
      return { siblings, ...(await this.current(heading.ownerId, message)) };
    });
    return Promise.all(placed);
  }

  private head(
    stored: StoredConversation,
    { branchLength }: WindowPlaces,
    system: string | null,
  ): ConversationHead {
    return { branchLength, ...this.settings(stored, system) };
  }

  private settings({ heading }: StoredConversation, system: string | null) {
    const { parameters, ownerId } = heading;
    return { system, parameters, ...this.summaryOf(ownerId, summaryOf(heading)) };
  }
}

async function systemOf({ messages }: StoredConversation): Promise<string | null> {
  if (!messages.hasSystem) return null;
  return (await messages.read([0]))?.[0]?.content ?? null;
}
