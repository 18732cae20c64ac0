import { Inject, Injectable } from '@nestjs/common';
import { AppError, isStoreUnavailable } from '../common/errors/app-error.js';
import type { ConfigType } from '@nestjs/config';
import { historyConfig } from '../config/namespaces.js';
import type { ImageReference } from '../domain/conversation.js';
import type { UnclaimedGeneration } from '../domain/generation.js';
import { lacks, type ModelProfile, type Vocabulary } from '../domain/model.js';
import { ConversationStore } from '../store/conversation-store.js';
import { conversationChanged, conversationNotFound } from '../store/conversation-errors.js';
import { ImageStore } from '../store/image-store.js';
import { opensConversation, type ChatCommand, type ModelCommand } from './chat-command.js';
import { askedTurn } from './prompt/asked-turn.js';
import { ConversationHistory, type RecentTurns } from './prompt/conversation-history.js';
import { PromptCounter } from './prompt/prompt-counter.js';
import { TokenCalibrations } from './prompt/token-calibrations.js';
import type { ReadImage } from './prompt/prompt-images.js';
import { alsoTold, toModelTurns, withSystem, type SpokenMessage } from './prompt/turns.js';
import type { ClaimedTurn } from './turn-claims.js';
import { answeredMessage } from './answered-message.js';
import { assertRoom } from './conversation-room.js';
import { assertCalled, assertCallsMade, callingAnswer, CallIds } from './tool-calls.js';
import { isWholeAnswer } from './titles/whole-answer.js';
import type { AnswerInput } from './answer-sources.js';
import { TurnSettings } from './turn-settings.js';

/** A message that is answered again. */
export interface AnsweredAgain {
  id: string;
  /** Of the user's turn that it belongs to. */
  images: readonly ImageReference[] | null;
}

/** Results of tools that one turn may bring, and the messages around them. */
const LONGEST_TURN = 200;

/**
 * The model's input for a turn: the part of its branch that fits the context, then the message.
 */
@Injectable()
export class TurnInputs {
  constructor(
    @Inject(historyConfig.KEY) private readonly limits: ConfigType<typeof historyConfig>,
    private readonly conversations: ConversationStore,
    private readonly settings: TurnSettings,
    private readonly calibrations: TokenCalibrations,
    private readonly images: ImageStore,
  ) {}

  /**
   * The command with what its conversation and its model set. Throws `validation` for results of other
   * calls than those of the answer that it follows, and `conversation_not_found`, `message_not_found`,
   * `conversation_changed`.
   */
  async complete(command: ChatCommand): Promise<ModelCommand> {
    const { ownerId, conversationId, model, toolResults } = command;
    if (conversationId === null) return this.settings.complete(command);
    // One that is only staged has no settings: the claim finds it busy.
    const set = (await this.conversations.summary(ownerId, conversationId)) ?? undefined;
    // What is changed since is found under the claim.
    if (set && command.expected?.includes(set.revision) === false) throw conversationChanged(set);
    const asksCaller = model === null && toolResults.length > 0;
    const callingModel = asksCaller ? await this.callingModel(command) : null;
    return this.settings.complete(command, set, callingModel);
  }

  /**
   * The message that a turn answers again. Throws `conversation_not_found`, `message_not_found`,
   * `validation` where no model can answer it.
   */
  async answeredAgain(command: ChatCommand): Promise<AnsweredAgain> {
    const { messages } = await this.history(command, command.parentId).recent(LONGEST_TURN);
    const id = answeredMessage(messages, command.parentId !== null);
    const upTo = messages.slice(0, messages.findIndex((message) => message.id === id) + 1);
    return { id, images: upTo.findLast(({ role }) => role === 'user')?.images ?? null };
  }

  /**
   * Call it while the turn's claim is held: the branch is read now, while no other turn can change it.
   * Throws `conversation_not_found`, `message_not_found`, `conversation_changed`, `conversation_full`,
   * `validation` for results of calls that are not those of the answer that it follows, and `UnknownCall` for
   * those of calls that no message before them made.
   */
  async of(command: ModelCommand, { live }: Pick<ClaimedTurn, 'live'>): Promise<AnswerInput> {
    const { ownerId } = command;
    const { conversationId, turn } = live.record;
    const { messages: staged } = turn;
    const readImage: ReadImage = (id) => this.images.read(ownerId, conversationId, id);
    const history = this.history(command, turn.parentId);
    const recent = await this.recent(command, history);
    if (recent === null) {
      live.isFirstAnswer = true;
      assertRoom(this.limits.maxMessages, 0, staged.length + 1);
      await assertCallsMade(staged, []);
      const messages = toModelTurns(toldMessages(command, staged));
      const input = { messages, unread: 0, readImage, asked: askedTurn(staged) };
      return { prompt: () => Promise.resolve(input), callIds: new CallIds(staged, true) };
    }
    // Another first message of its client has made the conversation.
    if (opensConversation(command)) live.onConversationMade = () => undefined;
    assertRoom(this.limits.maxMessages, recent.messageTotal, staged.length + 1);
    if (command.toolResults.length > 0) assertCalled(command.toolResults, recent.messages);
    await assertCallsMade(staged, history.upwards(recent));
    const { endsAt = null } = command;
    if (endsAt !== null && endsAt !== endOf(recent)) throw await this.changed(command);
    // Last, since it uses the tag up; one that still holds was that of what was read.
    await this.assertExpected(command);
    live.parentId = endOf(recent) ?? conversationId;
    live.isFirstAnswer = isUnanswered(recent);
    return {
      prompt: async ({ contextTokens, ...model }, count) => {
        const { messages, unread } = await history.messagesFor(recent, contextTokens, count);
        const withImages = !lacks(model, 'vision');
        const said = staged.filter(({ role }) => role !== 'system');
        const all = [...messages, ...said];
        const turns = toModelTurns(toldMessages(command, all), { withImages });
        return { messages: turns, unread, readImage, asked: askedTurn(all) };
      },
      callIds: new CallIds(recent.messages, recent.messages.length >= recent.messageTotal),
    };
  }

  /**
   * An estimate of a prompt before its claim; null where it cannot be made. What is wrong with the turn or
   * with its model is found again under the claim, and told then.
   */
  async expectedTokens(
    command: ModelCommand,
    { turn, ...conversation }: UnclaimedGeneration,
    resolve: () => Promise<ModelProfile>,
  ): Promise<number | null> {
    const { ask } = command;
    try {
      const { contextTokens, vocabulary } = await resolve();
      const counter = this.counter(vocabulary, command.model, conversation);
      const history = this.history(command, turn.parentId);
      const before = opensConversation(command)
        ? []
        : (await history.messagesFor(await history.recent(), contextTokens, counter.text)).messages;
      const prompt = toModelTurns(toldMessages(command, [...before, ...turn.messages]));
      const tokens = counter.messages(prompt) + counter.ask(ask).tokens;
      return Math.min(Math.ceil(tokens), contextTokens);
    } catch (error) {
      if (!(error instanceof AppError) || isStoreUnavailable(error)) throw error;
      return null;
    }
  }

  /** Counts the tokens of a turn's prompt, as the model counts them as far as that is known. */
  counter(
    vocabulary: Vocabulary,
    model: string,
    conversation: { ownerId: string; conversationId: string },
  ): PromptCounter {
    return new PromptCounter(vocabulary, this.calibrations.of(model, conversation));
  }

  /**
   * The newest messages of the branch; null where the turn makes its conversation. Throws
   * `conversation_deleted` for one that its client named and that was deleted.
   */
  private async recent(
    command: ChatCommand,
    history: ConversationHistory,
  ): Promise<RecentTurns | null> {
    const { ownerId, conversationId, chat } = command;
    if (conversationId === null) return null;
    if (!chat?.isNew) return history.recent();
    // Another request may have opened it while this one waited for its claim.
    if (await this.conversations.summary(ownerId, conversationId)) return history.recent();
    if (await this.conversations.wasDeleted(ownerId, conversationId))
      throw new AppError('conversation_deleted', 'The conversation of this chat was deleted');
    return null;
  }

  private async callingModel(command: ChatCommand): Promise<string | null> {
    const { messages } = await this.history(command, command.parentId).recent();
    assertCalled(command.toolResults, messages);
    return callingAnswer(messages)?.model ?? null;
  }

  /** Of several requests that expect the same revision one goes on: it raises it. */
  private async assertExpected({ ownerId, conversationId, expected }: ChatCommand): Promise<void> {
    if (expected === null || conversationId === null) return;
    const result = await this.conversations.update(ownerId, conversationId, {}, expected);
    if (result.outcome !== 'changed_meanwhile') return;
    throw conversationChanged(result.conversation);
  }

  /** A turn that ended while this one waited for its claim has moved the end. */
  private async changed({ ownerId, conversationId }: ChatCommand): Promise<AppError> {
    const now = await this.conversations.summary(ownerId, conversationId ?? '');
    return now ? conversationChanged(now) : conversationNotFound();
  }

  private history(
    { ownerId, conversationId }: ChatCommand,
    endId: string | null,
  ): ConversationHistory {
    return new ConversationHistory(this.conversations, ownerId, conversationId ?? '', endId);
  }
}

/** All that the model is told. */
function toldMessages(
  { defaultSystem, told }: ModelCommand,
  messages: readonly SpokenMessage[],
): readonly SpokenMessage[] {
  return alsoTold(withSystem(messages, defaultSystem), told);
}

/** The last message of a branch, unless that is only the system prompt. */
function endOf({ messages }: RecentTurns): string | null {
  const last = messages.at(-1);
  return last && last.role !== 'system' ? last.id : null;
}

/** Whether the branch has no whole answer; one that was not read to its top may have one. */
function isUnanswered({ messages, branchLength }: RecentTurns): boolean {
  return messages.length >= branchLength && !messages.some(isWholeAnswer);
}
