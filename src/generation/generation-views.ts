import { Injectable } from '@nestjs/common';
import type { Message } from '../domain/conversation.js';
import type { GenerationRecord } from '../domain/generation.js';
import { ConversationStore, type MessageWindow } from '../store/conversation-store.js';
import { GenerationStore } from '../store/generation-store.js';
import { GenerationService } from './generation.service.js';

/** More messages than most chains of tool calls have. */
const PAGE = 32;

/** What a generation answers. */
export type Question = Pick<Message, 'content' | 'images'>;

/** A generation with what its clients see beside the record. */
export interface GenerationView {
  record: GenerationRecord;
  /** Its place in the queue, 1 is next; null unless it waits. */
  queuePosition: number | null;
  /** The user's message that it answers; null where its turn was not kept. */
  question: Question | null;
}

/** Generations as they are shown. */
@Injectable()
export class GenerationViews {
  constructor(
    private readonly service: GenerationService,
    private readonly generations: GenerationStore,
    private readonly conversations: ConversationStore,
  ) {}

  /** Throws `generation_not_found`. */
  async find(ownerId: string, id: string): Promise<GenerationView> {
    const record = await this.service.find(ownerId, id);
    return {
      record,
      queuePosition: await this.service.queuePosition(record),
      question: await this.question(record),
    };
  }

  /** As it is staged, then as the conversation has it. */
  private async question(record: GenerationRecord): Promise<Question | null> {
    if (record.stateless || record.conversationDeleted) return null;
    const staged = record.committed ? null : await this.generations.stagedTurn(record.key);
    // A turn without a message of the user answers an earlier one.
    if (staged)
      return staged.messages.find(isQuestion) ?? this.questionUpTo(record, staged.parentId);
    if (record.answerParentId !== null) return this.questionUpTo(record, record.answerParentId);
    return this.questionIn(record, { limit: 1, before: record.messageId });
  }

  private questionUpTo(record: GenerationRecord, end: string | null): Promise<Question | null> {
    const limit = 2;
    return this.questionIn(record, end === null ? { limit } : { limit, branch: { upTo: end } });
  }

  /**
   * The last message of the user in a window, or above it. Usually it is at its end; results of tools may
   * stand behind it.
   */
  private async questionIn(
    { ownerId, conversationId }: GenerationRecord,
    first: MessageWindow,
  ): Promise<Question | null> {
    for (let window = first; ;) {
      const found = await this.conversations.find(ownerId, conversationId, window);
      if (found === null || found === 'message_not_found') return null;
      const question = found.messages.findLast(isQuestion);
      if (question) return question;
      const [oldest] = found.messages;
      if (!oldest || found.messages.length < window.limit) return null;
      window = { limit: PAGE, before: oldest.id };
    }
  }
}

function isQuestion({ role }: Pick<Message, 'role'>): boolean {
  return role === 'user';
}
