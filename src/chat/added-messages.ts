import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError, isStoreUnavailable } from '../common/errors/app-error.js';
import { historyConfig } from '../config/namespaces.js';
import { UNNAMED, type ConversationSummary } from '../domain/conversation.js';
import type { StagedMessage } from '../domain/generation.js';
import type { NewImage } from '../domain/image.js';
import { conversationBusy, conversationNotFound } from '../store/conversation-errors.js';
import { ConversationStore } from '../store/conversation-store.js';
import type { AppendResult } from '../store/conversation-results.js';
import type { ClientMessage } from './chat-command.js';
import { assertRoom } from './conversation-room.js';
import { TurnImages } from './images/turn-images.js';
import { clientMessage, firstQuestion } from './staged-turn.js';
import { titleOf } from './title.js';

/** Messages that a client adds to a conversation without asking for an answer. */
@Injectable()
export class AddedMessages {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly images: TurnImages,
    @Inject(historyConfig.KEY) private readonly limits: ConfigType<typeof historyConfig>,
  ) {}

  /**
   * Adds them at the end of the active branch, none of role `system`, and returns them as they are stored.
   * The first question names a conversation that has had no message. Throws `conversation_not_found`,
   * `conversation_busy`, `conversation_full`, `images_full`.
   */
  async append(
    ownerId: string,
    conversationId: string,
    messages: readonly ClientMessage[],
    images: readonly NewImage[],
  ): Promise<StagedMessage[]> {
    const summary = await this.conversations.summary(ownerId, conversationId);
    if (!summary) throw conversationNotFound();
    assertRoom(this.limits.maxMessages, summary.messageTotal, messages.length);
    const now = Date.now();
    const added = messages.map((message) => clientMessage(message, now));
    await this.store({ ownerId, conversationId, messages: added }, images, now);
    await this.name(ownerId, summary, added);
    return added;
  }

  private async store(
    added: { ownerId: string; conversationId: string; messages: StagedMessage[] },
    images: readonly NewImage[],
    now: number,
  ): Promise<void> {
    const { ownerId, conversationId, messages } = added;
    const staged = await this.images.stage(added, images);
    try {
      const result = await this.conversations.append(ownerId, conversationId, messages, now);
      if (result.outcome !== 'appended') throw refusalOf(result);
    } catch (error) {
      // Where it may be in the store after all, its messages need the images; else the sweep removes them.
      if (error instanceof AppError && !isStoreUnavailable(error)) await staged?.release();
      throw error;
    }
  }

  private async name(
    ownerId: string,
    { id, titleBy, title, activeMessageId }: ConversationSummary,
    added: readonly StagedMessage[],
  ): Promise<void> {
    const question = firstQuestion(added);
    if (question === null || titleBy !== 'message' || title !== UNNAMED || activeMessageId !== null)
      return;
    const update = { title: { text: titleOf(question), by: 'model' } } as const;
    // The messages are stored: a client that is told of a failure would send them again.
    await this.conversations.update(ownerId, id, update, null).catch(ifUnavailable);
  }
}

function refusalOf(result: Exclude<AppendResult, { outcome: 'appended' }>): AppError {
  return result.outcome === 'busy'
    ? conversationBusy(result.activeGenerationId)
    : conversationNotFound();
}

function ifUnavailable(error: unknown): void {
  if (!isStoreUnavailable(error)) throw error;
}
