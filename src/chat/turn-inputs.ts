import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { ConfigType } from '@nestjs/config';
import { historyConfig, modelsConfig } from '../config/namespaces.js';
import type { UnclaimedGeneration } from '../domain/generation.js';
import type { ModelProfile, Vocabulary } from '../domain/model.js';
import { ConversationStore } from '../store/conversation-store.js';
import { ImageStore } from '../store/image-store.js';
import type { ChatCommand } from './chat-command.js';
import type { PromptInput } from './prompt/answer-chain.js';
import { ConversationHistory, type RecentTurns } from './prompt/conversation-history.js';
import { PromptCounter } from './prompt/prompt-counter.js';
import { TokenCalibrations } from './prompt/token-calibrations.js';
import type { ReadImage } from './prompt/prompt-images.js';
import { toModelTurns } from './prompt/turns.js';
import { lastQuestion, type LastQuestion } from './staged-turn.js';
import { assertCalled, callingAnswer, CallIds } from './tool-calls.js';

export interface TurnInput {
  /**
   * The prompt of the turn for a model, which is known only when it is needed; `count` gives the tokens of
   * a text.
   */
  prompt(
    model: Pick<ModelProfile, 'contextTokens' | 'capabilities'>,
    count: (text: string) => number,
  ): Promise<PromptInput>;
  /** Ids for the tool calls of its answer. */
  callIds: CallIds;
}

/**
 * The model's input for a turn: the part of the conversation that fits the context, then the
 * message.
 */
@Injectable()
export class TurnInputs {
  constructor(
    @Inject(historyConfig.KEY) private readonly settings: ConfigType<typeof historyConfig>,
    private readonly conversations: ConversationStore,
    @Inject(modelsConfig.KEY) private readonly models: ConfigType<typeof modelsConfig>,
    private readonly calibrations: TokenCalibrations,
    private readonly images: ImageStore,
  ) {}

  /** The message that a turn answers again. Throws `conversation_not_found`, `validation`. */
  async question(command: ChatCommand): Promise<LastQuestion> {
    return lastQuestion(await this.history(command).recent());
  }

  /**
   * The model that called the tools of which a command brings results. Throws `validation` for results
   * of other calls, and `conversation_not_found`.
   */
  async callingModel(command: ChatCommand): Promise<string> {
    const { messages } = await this.history(command).recent();
    assertCalled(command.toolResults, messages);
    return callingAnswer(messages)?.model ?? this.models.default;
  }

  /**
   * Call it while the turn's claim is held: the newest messages are read now, while no other turn
   * can change them, the rest as far as it fits. Throws `conversation_not_found`,
   * `conversation_full`, `validation` for results of calls that are not those of the last answer, and
   * `conversation_busy` if the question has been answered since it was read.
   *
   * @param generation with what the turn adds
   */
  async of(
    command: ChatCommand,
    question: LastQuestion | null,
    { conversationId, turn: { messages: staged } }: UnclaimedGeneration,
  ): Promise<TurnInput> {
    const { ownerId } = command;
    const readImage: ReadImage = (id) => this.images.read(ownerId, conversationId, id);
    if (command.conversationId === null) {
      const input = { messages: toModelTurns(staged), unread: 0, readImage };
      return { prompt: () => Promise.resolve(input), callIds: new CallIds([], true) };
    }
    const history = this.history(command);
    const recent = await history.recent();
    const replacesAnswer = question !== null && question.answerId !== null;
    this.assertRoom(recent, staged.length + (replacesAnswer ? 0 : 1));
    if (command.toolResults.length > 0) assertCalled(command.toolResults, recent.messages);
    const before = question ? sameQuestion(question, lastQuestion(recent)).asked : recent;
    return {
      prompt: async ({ contextTokens, capabilities }, count) => {
        const { messages, unread } = await history.messagesFor(before, contextTokens, count);
        const withImages = capabilities?.includes('vision') ?? true;
        const turns = toModelTurns([...messages, ...staged], { withImages });
        return { messages: turns, unread, readImage };
      },
      callIds: new CallIds(recent.messages, recent.messages.length >= recent.messageCount),
    };
  }

  /** Counts the tokens of a turn's prompt, as the model counts them as far as that is known. */
  counter(
    vocabulary: Vocabulary,
    model: string,
    conversation: { ownerId: string; conversationId: string },
  ): PromptCounter {
    return new PromptCounter(vocabulary, this.calibrations.of(model, conversation));
  }

  private history({ ownerId, conversationId }: ChatCommand): ConversationHistory {
    return new ConversationHistory(this.conversations, ownerId, conversationId ?? '');
  }

  private assertRoom({ messageCount }: RecentTurns, added: number): void {
    const { maxMessages } = this.settings;
    if (maxMessages === null || messageCount + added <= maxMessages) return;
    throw new AppError(
      'conversation_full',
      'The conversation has as many messages as one may have; begin a new one',
    );
  }
}

function sameQuestion(before: LastQuestion, current: LastQuestion): LastQuestion {
  if (current.answerId === before.answerId) return current;
  throw new AppError(
    'conversation_busy',
    'The conversation was answered in the meantime; read it again',
  );
}
