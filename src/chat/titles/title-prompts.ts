import { Injectable } from '@nestjs/common';
import { lacks, type ModelProfile } from '../../domain/model.js';
import { ConversationStore } from '../../store/conversation-store.js';
import { ImageStore } from '../../store/image-store.js';
import type { PromptInput } from '../prompt/answer-chain.js';
import { ConversationHistory } from '../prompt/conversation-history.js';
import { titlePrompt } from '../prompt/title-prompt.js';
import { withSystem } from '../prompt/turns.js';
import type { TitleJob } from './title-job.js';
import { isWholeAnswer } from './whole-answer.js';

/** Messages that may have been made before the first whole answer. */
const MOST_BEFORE = 50;

/** A conversation that its first message names. */
export interface UntitledConversation {
  /** The beginning of its first message. */
  readonly title: string;
  /** The prompt of its answer for a model, with the question for a title. */
  prompt(
    model: Pick<ModelProfile, 'contextTokens' | 'capabilities' | 'unsaid'>,
    count: (text: string) => number,
  ): Promise<PromptInput>;
}

/** Reads what a model is asked for a title. */
@Injectable()
export class TitlePrompts {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly images: ImageStore,
  ) {}

  /**
   * Null where something else names the conversation, or the answer is not its first. Throws
   * `conversation_not_found`, `message_not_found`.
   */
  async untitled(job: TitleJob): Promise<UntitledConversation | null> {
    const { ownerId, conversationId, answerId, defaultSystem } = job;
    const history = new ConversationHistory(this.conversations, ownerId, conversationId, answerId);
    const recent = await history.recent();
    const answer = recent.messages.at(-1);
    if (recent.titleBy !== 'message' || !answer || !isWholeAnswer(answer)) return null;
    if (!(await this.isFirst(job))) return null;
    return {
      title: recent.title,
      prompt: async ({ contextTokens, ...model }, count) => {
        const { messages, unread } = await history.messagesFor(recent, contextTokens, count);
        const withImages = !lacks(model, 'vision');
        return {
          messages: titlePrompt(withSystem(messages, defaultSystem), { withImages }),
          unread,
          readImage: (id) => this.images.read(ownerId, conversationId, id),
        };
      },
    };
  }

  /** On any branch: a conversation that an earlier release has answered keeps its title. */
  private async isFirst({ ownerId, conversationId, firstAnswerId }: TitleJob): Promise<boolean> {
    const window = { branch: 'all' as const, before: firstAnswerId, limit: MOST_BEFORE };
    const earlier = await this.conversations.find(ownerId, conversationId, window);
    if (!earlier || earlier === 'message_not_found') return false;
    return earlier.messages.length < MOST_BEFORE && !earlier.messages.some(isWholeAnswer);
  }
}
