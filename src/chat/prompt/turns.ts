import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import type { ImageReference, Message } from '../../domain/conversation.js';
import { thinkingOf, toolCallsOf, type ToolCall } from '../../domain/parts.js';
import { messageWithImages } from './prompt-images.js';

/** What a model is shown of a message, stored or staged. */
export type SpokenMessage = Pick<Message, 'role' | 'content'> &
  Partial<Pick<Message, 'parts' | 'images' | 'toolAnswer'>>;

/** Between two texts that become one, such as user turns whose answer between them was empty. */
const TURN_BREAK = '\n\n';
/** What the model reads where a client went on without the result of a call. */
const NO_RESULT = 'No result was given for this call.';

/**
 * Messages as the model sees them: a partial answer is seen, an empty one is left out, and the user
 * turns that then stand side by side become one. Each call is followed by its result, wherever that
 * stands behind it, or by the sentence that there is none; thinking is shown only of calls after the
 * last user's message, where the model goes on with the same thought. Images stand for themselves
 * until they are loaded; a model that sees none is shown none.
 */
export function toModelTurns(
  messages: readonly SpokenMessage[],
  { withImages = true } = {},
): BaseMessage[] {
  const turns = new ModelTurns(messages, withImages);
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  messages.forEach((message, index) => turns.add(message, index, index > lastUser));
  return turns.all();
}

/** The messages behind a default system prompt, unless they have one of their own. */
export function withSystem(
  messages: readonly SpokenMessage[],
  defaultSystem: string | null,
): readonly SpokenMessage[] {
  if (defaultSystem === null || messages[0]?.role === 'system') return messages;
  return [{ role: 'system', content: defaultSystem }, ...messages];
}

/** The same with more at the end of the system prompt, which is one: it is never left out. */
export function alsoTold(
  messages: readonly SpokenMessage[],
  told: readonly string[],
): readonly SpokenMessage[] {
  if (told.length === 0) return messages;
  const [first, ...others] = messages;
  const isSystem = first?.role === 'system';
  const content = [...(isSystem ? [first.content] : []), ...told].join(TURN_BREAK);
  return [{ role: 'system', content }, ...(isSystem ? others : messages)];
}

class ModelTurns {
  private readonly turns: BaseMessage[] = [];
  private userTexts: string[] = [];
  private userImages: ImageReference[] = [];
  /** Whether a user has spoken since the last answer. */
  private isUserTurn = false;
  /** Calls of the last answer that have no result yet. */
  private open: ToolCall[] = [];

  constructor(
    private readonly messages: readonly SpokenMessage[],
    private readonly withImages: boolean,
  ) {}

  add(message: SpokenMessage, index: number, isInLastTurn: boolean): void {
    const { role, content } = message;
    if (role !== 'tool') this.endCalls(index);
    if (role === 'tool') this.addResult(message);
    else if (role === 'user') this.addQuestion(message);
    else if (role === 'system') this.turns.push(new SystemMessage(content));
    else this.addAnswer(message, isInLastTurn);
  }

  all(): BaseMessage[] {
    this.endCalls(this.messages.length);
    this.endUserTurn();
    return this.turns;
  }

  private addAnswer({ content, parts = null }: SpokenMessage, isInLastTurn: boolean): void {
    const calls = toolCallsOf(parts);
    if (content === '' && calls === null) return;
    this.endUserTurn();
    if (calls === null) {
      this.turns.push(new AIMessage(content));
      return;
    }
    const thinking = isInLastTurn ? thinkingOf(parts) : null;
    this.turns.push(
      new AIMessage({
        content,
        tool_calls: calls.map((call) => ({ id: call.id, name: call.name, args: argsOf(call) })),
        ...(thinking !== null && { additional_kwargs: { reasoning_content: thinking } }),
      }),
    );
    this.open = calls;
  }

  /** A result without its call, which is beyond what was read or has its result already, is left out. */
  private addResult(message: SpokenMessage): void {
    const call = this.open.find(({ id }) => id === message.toolAnswer?.callId);
    if (!call) return;
    this.open = this.open.filter((other) => other !== call);
    this.turns.push(resultOf(call, message));
  }

  /** OpenAI's clients may speak between a call and its result. */
  private endCalls(index: number): void {
    for (const call of this.open) this.turns.push(resultOf(call, this.laterResult(call, index)));
    this.open = [];
  }

  /** Some models number the calls of each answer anew: a later call of the same id ends the search. */
  private laterResult({ id }: ToolCall, from: number): SpokenMessage | undefined {
    const next = this.messages
      .slice(from)
      .find(
        ({ parts = null, toolAnswer }) =>
          toolAnswer?.callId === id || toolCallsOf(parts)?.some((call) => call.id === id),
      );
    return next?.role === 'tool' ? next : undefined;
  }

  private addQuestion({ content, images = null }: SpokenMessage): void {
    this.isUserTurn = true;
    if (content !== '') this.userTexts.push(content);
    if (images !== null && this.withImages) this.userImages.push(...images);
  }

  private endUserTurn(): void {
    if (!this.isUserTurn) return;
    const text = this.userTexts.join(TURN_BREAK);
    const { userImages } = this;
    this.turns.push(
      userImages.length === 0 ? new HumanMessage(text) : messageWithImages(text, userImages),
    );
    this.isUserTurn = false;
    this.userTexts = [];
    this.userImages = [];
  }
}

/**
 * An object, since templates of models and their servers take no other arguments: a text that is none
 * stands in one.
 */
export function argsOf({
  arguments: given,
  argumentsText = '',
}: ToolCall): Record<string, unknown> {
  return given ?? { arguments_text: argumentsText };
}

function resultOf({ id, name }: ToolCall, result?: SpokenMessage): ToolMessage {
  const isError = result === undefined || (result.toolAnswer?.isError ?? false);
  return new ToolMessage({
    content: result?.content ?? NO_RESULT,
    tool_call_id: id,
    name,
    status: isError ? 'error' : 'success',
  });
}
