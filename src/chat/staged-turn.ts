import { randomUUID } from 'node:crypto';
import { UNNAMED } from '../domain/conversation.js';
import type { StagedMessage, StagedTurn, UnclaimedGeneration } from '../domain/generation.js';
import type { ChatCommand, ModelCommand, ToolResult } from './chat-command.js';
import { titleOf } from './title.js';

/**
 * The generation for a command, as the claim writes it. All ids are made here.
 *
 * @param answered the message that is answered again; null: the command brings its own
 */
export function newGeneration(command: ModelCommand, answered: string | null): UnclaimedGeneration {
  const key = randomUUID();
  const now = Date.now();
  const turn = stagedTurn(command, answered, now);
  const conversationId = command.conversationId ?? randomUUID();
  return {
    key,
    id: command.generationId ?? key,
    ownerId: command.ownerId,
    stateless: false,
    conversationId,
    messageId: randomUUID(),
    answerParentId: turn.messages.at(-1)?.id ?? answered ?? conversationId,
    model: command.model,
    createdAt: now,
    onDisconnect: command.onDisconnect,
    turn,
    idempotency: command.idempotency,
    echo: null,
    tokens: {
      keyName: command.keyName,
      promptTokens: null,
      maxTokens: command.parameters.maxTokens,
      quotas: command.quotas,
    },
  };
}

function stagedTurn(command: ChatCommand, answered: string | null, now: number): StagedTurn {
  const { message, images, system, conversationId, parentId, toolResults } = command;
  const messages = toolResults.map((result) => resultMessage(result, now));
  if (system !== null) messages.push(textMessage('system', system, now));
  if (message !== null) messages.push({ ...textMessage('user', message, now), images });
  const title = message === null ? null : titleOf(message);
  const opens = conversationId === null;
  return {
    newConversation: opens ? { title: title ?? UNNAMED, createdAt: now, chatId: null } : null,
    firstTitle: opens ? null : title,
    parentId: answered ?? parentId,
    messages,
    replacesMessageId: null,
  };
}

function textMessage(role: 'system' | 'user', content: string, createdAt: number): StagedMessage {
  return { ...given(createdAt), role, content };
}

function resultMessage(result: ToolResult, createdAt: number): StagedMessage {
  const { callId, content, isError } = result;
  const toolAnswer = { callId, isError };
  return { ...given(createdAt), role: 'tool', content, toolAnswer };
}

/** What messages of a client have in common. */
function given(createdAt: number): Omit<StagedMessage, 'role' | 'content'> {
  const id = randomUUID();
  return { id, clientId: null, createdAt, parts: null, images: null, toolAnswer: null };
}
