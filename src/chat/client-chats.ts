import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { BranchMessage, ConversationSummary } from '../domain/conversation.js';
import { conversationNotFound, messageNotFound } from '../store/conversation-errors.js';
import { ConversationStore, type LocatedMessage } from '../store/conversation-store.js';
import { GenerationStore, type StagedPlace } from '../store/generation-store.js';

/** Names that are looked up of one request. */
const MOST_NAMES = 1_000;

/** A conversation, found by the id that its client gave it or by its own. */
export interface ClientChat {
  chatId: string;
  conversationId: string;
  /** Null: it is not there, perhaps not yet. */
  summary: ConversationSummary | null;
  /** Public id of the generation that runs in it, also of one that only opens it. */
  activeGenerationId: string | null;
}

const OWN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id of the conversation that an owner's client names so: the same at all times and in all processes,
 * so that no table has to hold it. A UUID of version 8 (RFC 9562).
 */
export function chatConversationId(ownerId: string, chatId: string): string {
  const digest = createHash('sha256').update(JSON.stringify(['chat', ownerId, chatId]));
  const hex = digest.digest('hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** Conversations whose clients name them and their messages. */
@Injectable()
export class ClientChats {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly generations: GenerationStore,
  ) {}

  /** A conversation's own id is a name of it, too. Names are compared exactly. */
  async find(ownerId: string, chatId: string): Promise<ClientChat> {
    const own = OWN_ID.test(chatId) ? await this.conversations.summary(ownerId, chatId) : null;
    const conversationId = own ? chatId : chatConversationId(ownerId, chatId);
    const summary = own ?? (await this.conversations.summary(ownerId, conversationId));
    const activeGenerationId = await this.generations.activeIn(ownerId, conversationId);
    return { chatId, conversationId, summary, activeGenerationId };
  }

  /** Throws `conversation_deleted` where it was deleted: its id must not be used again. */
  async assertNotDeleted(ownerId: string, { conversationId, summary }: ClientChat): Promise<void> {
    if (summary !== null) return;
    if (!(await this.conversations.wasDeleted(ownerId, conversationId))) return;
    throw new AppError('conversation_deleted', 'The conversation of this chat was deleted');
  }

  /** Of more names only the last ones are looked up. */
  located(
    ownerId: string,
    conversationId: string,
    names: readonly string[],
  ): Promise<LocatedMessage[]> {
    const last = names.slice(-MOST_NAMES);
    return last.length === 0
      ? Promise.resolve([])
      : this.conversations.located(ownerId, conversationId, last);
  }

  /**
   * The last messages of the branch through a message, or of the active one, in order. Throws
   * `conversation_not_found`, `message_not_found`.
   */
  async lastOf(
    ownerId: string,
    conversationId: string,
    through: string | null,
    limit: number,
  ): Promise<BranchMessage[]> {
    const branch = through === null ? {} : { branch: { through } };
    const found = await this.conversations.find(ownerId, conversationId, { limit, ...branch });
    if (found === null) throw conversationNotFound();
    if (found === 'message_not_found') throw messageNotFound();
    return found.messages;
  }

  /**
   * All messages of a branch in order: the active one, or that which ends at a message. None where there is
   * no such conversation. Throws `message_not_found`.
   */
  async branch(
    ownerId: string,
    conversationId: string,
    upTo: string | null,
  ): Promise<BranchMessage[]> {
    const window = upTo === null ? {} : { branch: { upTo } };
    const reading = await this.conversations.read(ownerId, conversationId, window);
    if (reading === null) return [];
    if (reading === 'message_not_found') throw messageNotFound();
    const messages: BranchMessage[] = [];
    for await (const page of reading.pages) messages.push(...page);
    return messages;
  }

  /** The turn of a generation whose messages are not in the conversation yet; null of any other. */
  async staged(ownerId: string, generationId: string): Promise<StagedPlace | null> {
    const record = await this.generations.find(ownerId, generationId);
    return record && (await this.generations.stagedTurn(record.key));
  }
}
