import { Injectable } from '@nestjs/common';
import { orderedUuid } from '../common/ordered-uuid.js';
import type { GenerationRecord } from '../domain/generation.js';
import { GenerationService } from '../generation/generation.service.js';
import { Audit } from '../observability/audit/audit.js';
import { conversationBusy, generationNotFound } from '../store/conversation-errors.js';
import { ConversationStore } from '../store/conversation-store.js';
import { HistoryRetention } from '../store/history-retention.js';
import type { Asker } from './chat-command.js';
import { assertKept } from './kept-turns.js';

/** Where a turn goes on. */
export interface TurnPlace {
  conversationId: string;
  /** What the active branch ends with, which it follows; null: whatever that is. */
  endsAt: string | null;
  /** The model of the answer that it goes on with; null: the conversation's, or the default one. */
  model: string | null;
  /** Whether the conversation was made for it. */
  isCopy: boolean;
}

/** Whose turn it is. */
type Turning = Pick<Asker, 'ownerId' | 'actor'>;

/** Finds where a turn goes on that follows an answer by its generation's id. */
@Injectable()
export class TurnPlaces {
  constructor(
    private readonly generations: GenerationService,
    private readonly conversations: ConversationStore,
    private readonly retention: HistoryRetention,
    private readonly audit: Audit,
  ) {}

  /**
   * Behind the answer of a generation: in its conversation, if it is the end of the active branch and
   * nothing runs there, else in a copy up to it. Throws `generation_not_found` for one without a message,
   * and `conversation_busy` while it runs.
   */
  async behind(asker: Turning, generationId: string): Promise<TurnPlace> {
    const { ownerId } = asker;
    const record = await this.answered(ownerId, generationId);
    const { conversationId, messageId, model } = record;
    const summary = await this.conversations.summary(ownerId, conversationId);
    if (!summary) throw generationNotFound();
    if (summary.activeMessageId !== messageId || summary.activeGenerationId !== null)
      return this.copied(record, asker);
    return { conversationId, endsAt: messageId, model, isCopy: false };
  }

  /** Behind the same answer, in a copy in any case. Throws as `behind`. */
  async inCopy(asker: Turning, generationId: string): Promise<TurnPlace> {
    return this.copied(await this.answered(asker.ownerId, generationId), asker);
  }

  /**
   * A copy of whose turn nothing is kept goes again. Never rejects: one that cannot be deleted now is the first
   * to go where conversations are too many.
   */
  async discardCopy({ ownerId, actor }: Turning, conversationId: string): Promise<void> {
    const { conversations } = this;
    const isGone = await conversations.discard(ownerId, conversationId).catch(() => false);
    if (isGone) this.audit.done('conversation.delete', conversationId, actor);
  }

  private async answered(ownerId: string, generationId: string): Promise<GenerationRecord> {
    const record = await this.generations.find(ownerId, generationId);
    assertKept(record);
    if (record.finishedAt === null) throw conversationBusy(record.id);
    if (!record.committed) throw generationNotFound();
    return record;
  }

  private async copied(record: GenerationRecord, { actor }: Turning): Promise<TurnPlace> {
    const { ownerId, conversationId, messageId, model } = record;
    const copy = {
      id: orderedUuid(),
      disposable: true,
      createdAt: Date.now(),
      newId: () => orderedUuid(),
      messageId,
    };
    const result = await this.conversations.fork(ownerId, conversationId, copy, null);
    if (result.outcome === 'busy') throw conversationBusy(result.activeGenerationId);
    if (result.outcome !== 'forked') throw generationNotFound();
    this.audit.done('conversation.create', copy.id, actor);
    await this.retention.makeRoom(ownerId, copy.id);
    return { conversationId: copy.id, endsAt: null, model, isCopy: true };
  }
}
