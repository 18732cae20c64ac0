import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { thinkingOf, toolCallsOf, type AnswerParts } from '../../domain/parts.js';
import { argsOf, type SpokenMessage } from './turns.js';
import { messageWithImages } from './prompt-images.js';

/**
 * Messages that a client keeps itself, one by one as it gave them; of what the model thought only what stands
 * before a call of the last turn, where it goes on with the same thought.
 */
export function toGivenTurns(messages: readonly SpokenMessage[]): BaseMessage[] {
  const names = new Map<string, string>();
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) => {
    for (const { id, name } of toolCallsOf(message.parts ?? null) ?? []) names.set(id, name);
    return turnOf(message, names, index > lastUser);
  });
}

function turnOf(
  message: SpokenMessage,
  names: ReadonlyMap<string, string>,
  isInLastTurn: boolean,
): BaseMessage {
  const { role, content, parts = null, images = null, toolAnswer = null } = message;
  switch (role) {
    case 'system':
      return new SystemMessage(content);
    case 'user':
      return images?.length ? messageWithImages(content, images) : new HumanMessage(content);
    case 'assistant':
      return answerOf(content, parts, isInLastTurn);
    case 'tool': {
      const callId = toolAnswer?.callId ?? '';
      const name = names.get(callId);
      return new ToolMessage({
        content,
        tool_call_id: callId,
        ...(name !== undefined && { name }),
        status: toolAnswer?.isError ? 'error' : 'success',
      });
    }
  }
}

function answerOf(content: string, parts: AnswerParts | null, isInLastTurn: boolean): AIMessage {
  const calls = toolCallsOf(parts) ?? [];
  const thinking = isInLastTurn && calls.length > 0 ? thinkingOf(parts) : null;
  return new AIMessage({
    content,
    tool_calls: calls.map((call) => ({ id: call.id, name: call.name, args: argsOf(call) })),
    ...(thinking !== null && { additional_kwargs: { reasoning_content: thinking } }),
  });
}
