import type { Request } from 'express';
import type { ConfigType } from '@nestjs/config';
import { sentWish } from '../../chat/asker.js';
import type { AnswerWish, ChatCommand } from '../../chat/chat-command.js';
import type { ClientChat } from '../../chat/client-chats.js';
import { fieldError } from '../../common/validation/validation-error.js';
import type { RequestContext } from '../../common/http/request-context.js';
import { onlyGiven } from '../../common/validation/only-given.js';
import type { rateLimitConfig } from '../../config/namespaces.js';
import type { UiChatBody } from './dto/ui-chat-request.dto.js';
import type { UiRequest } from './ui-request.js';
import type { UiTurn } from './ui-turns.js';

/** What a request asks for, whatever its messages say. Throws `validation`. */
export function wishOf(
  asked: UiRequest,
  body: UiChatBody,
  request: Request,
  context: RequestContext,
  rateLimit: ConfigType<typeof rateLimitConfig>,
): AnswerWish {
  const sent = sentWish({ request, context, rateLimit }, { route: 'ui', body, stream: true });
  const tools = asked.tool_choice === 'none' ? [] : (asked.tools ?? []);
  if (tools.length > 0 && asked.parameters?.format !== undefined)
    throw fieldError(
      'parameters.format',
      'cannot be given with tools: a model that follows a format calls none',
    );
  return {
    ...sent,
    wire: 'ai_sdk',
    onDisconnect: asked.on_disconnect ?? 'grace',
    given: onlyGiven(asked.parameters ?? {}),
    tools: tools.map(({ function: { name, description, parameters } }) => ({
      name,
      description: description ?? null,
      parameters: parameters ?? null,
    })),
  };
}

export function commandOf(
  wish: AnswerWish,
  asked: UiRequest,
  chat: ClientChat,
  { given: _images, system, ...turn }: UiTurn,
): ChatCommand {
  const isNew = chat.summary === null;
  return {
    ...wish,
    ...turn,
    model: asked.model ?? null,
    conversationId: chat.conversationId,
    chat: { id: chat.chatId, isNew },
    expected: null,
    system: isNew ? (asked.system ?? system) : null,
    truncation: asked.truncation ?? 'auto',
  };
}
