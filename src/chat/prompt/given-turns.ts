import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { toolCallsOf } from '../../domain/parts.js';
import { argsOf, type SpokenMessage } from './turns.js';
import { messageWithImages } from './prompt-images.js';

/** Messages that a client keeps itself, one by one as it gave them. */
export function toGivenTurns(messages: readonly SpokenMessage[]): BaseMessage[] {
  const names = new Map<string, string>();
  return messages.map((message) => {
    for (const { id, name } of toolCallsOf(message.parts ?? null) ?? []) names.set(id, name);
    return turnOf(message, names);
  });
}

function turnOf(message: SpokenMessage, names: ReadonlyMap<string, string>): BaseMessage {
  const { role, content, parts = null, images = null, toolAnswer = null } = message;
  switch (role) {
    case 'system':
      return new SystemMessage(content);
    case 'user':
      return images?.length ? messageWithImages(content, images) : new HumanMessage(content);
    case 'assistant':
      return new AIMessage({
        content,
        tool_calls: (toolCallsOf(parts) ?? []).map((call) => ({
          id: call.id,
          name: call.name,
          args: argsOf(call),
        })),
      });
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
