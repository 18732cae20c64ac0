import { AIMessage, HumanMessage, SystemMessage, type BaseMessage } from '@langchain/core/messages';
import type { PromptInput } from './answer-chain.js';
import type { Message } from '../../domain/conversation.js';

/** Between two user turns whose answer between them was empty. */
const TURN_BREAK = '\n\n';

/**
 * Stored messages as the model sees them: a partial answer is seen, an empty one is left out, and
 * the user turns that then stand side by side become one.
 */
export function toModelTurns(
  messages: readonly Pick<Message, 'role' | 'content'>[],
): BaseMessage[] {
  const turns: BaseMessage[] = [];
  let userTexts: string[] = [];
  const endUserTurn = (): void => {
    if (userTexts.length > 0) turns.push(new HumanMessage(userTexts.join(TURN_BREAK)));
    userTexts = [];
  };
  for (const { role, content } of messages) {
    if (role === 'user') {
      userTexts.push(content);
    } else if (role === 'system') {
      turns.push(new SystemMessage(content));
    } else if (content !== '') {
      endUserTurn();
      turns.push(new AIMessage(content));
    }
  }
  endUserTurn();
  return turns;
}

/** The newest turns of a conversation, and how many messages before them were not read. */
export interface Turns {
  turns: BaseMessage[];
  unread: number;
}

/** The first turn of a conversation. */
export function openingInput(system: string | null, message: string): PromptInput {
  return { history: system === null ? [] : [new SystemMessage(system)], message, unread: 0 };
}

/** A further turn; a question before it that has no answer becomes part of it. */
export function followingInput({ turns, unread }: Turns, message: string): PromptInput {
  const last = turns.at(-1);
  if (last?.type !== 'human') return { history: turns, message, unread };
  return { history: turns.slice(0, -1), message: `${last.text}${TURN_BREAK}${message}`, unread };
}
