import { randomUUID } from 'node:crypto';
import { orderedUuid } from '../common/ordered-uuid.js';
import { UNNAMED } from '../domain/conversation.js';
import type { StagedMessage, StagedTurn, UnclaimedGeneration } from '../domain/generation.js';
import {
  opensConversation,
  type ChatCommand,
  type ClientMessage,
  type ModelCommand,
  type ToolResult,
} from './chat-command.js';
import { titleOf } from './title.js';

/**
 * The generation for a command, as the claim writes it. All ids are made here.
 *
 * @param answered the message that is answered again; null: the command brings its own
 */
export function newGeneration(command: ModelCommand, answered: string | null): UnclaimedGeneration {
  // Rows of a day: its first digit shares usage out.
  const key = randomUUID();
  const now = Date.now();
  const turn = stagedTurn(command, answered, now);
  const conversationId = command.conversationId ?? orderedUuid();
  return {
    key,
    id: command.generationId ?? key,
    ownerId: command.ownerId,
    stateless: false,
    isKept: command.isKept ?? false,
    conversationId,
    messageId: orderedUuid(),
    answerParentId: turn.messages.at(-1)?.id ?? answered ?? conversationId,
    model: command.model,
    createdAt: now,
    onDisconnect: command.onDisconnect,
    turn,
    idempotency: command.idempotency,
    echo: command.echo,
    tokens: {
      keyName: command.keyName,
      promptTokens: null,
      maxTokens: command.parameters.maxTokens,
      quotas: command.quotas,
    },
  };
}

function stagedTurn(command: ChatCommand, answered: string | null, now: number): StagedTurn {
  const {
    message,
    images,
    messageClientId: clientId,
    system,
    chat,
    parentId,
    toolResults,
    before,
  } = command;
  const messages = toolResults.map((result) => resultMessage(result, now));
  const opens = opensConversation(command);
  if (system !== null && opens) messages.push(textMessage('system', system, now));
  messages.push(...before.map((message) => clientMessage(message, now)));
  if (message !== null) messages.push({ ...textMessage('user', message, now), clientId, images });
  const title = titleFrom(command);
  const chatId = chat?.id ?? null;
  return {
    newConversation: opens ? { title: title ?? UNNAMED, createdAt: now, chatId } : null,
    firstTitle: opens ? null : title,
    parentId: answered ?? parentId,
    messages,
    replacesMessageId: null,
  };
}

/** The first message of the user names it. */
function titleFrom({ message, before }: ChatCommand): string | null {
  const named = firstQuestion(before) ?? message;
  return named === null ? null : titleOf(named);
}

/** The first text of the user among messages. */
export function firstQuestion(
  messages: readonly Pick<ClientMessage, 'role' | 'content'>[],
): string | null {
  const first = messages.find(({ role, content }) => role === 'user' && content !== '');
  return first?.content ?? null;
}

/** It is made here: its id and its time are. */
export function clientMessage(message: ClientMessage, createdAt: number): StagedMessage {
  return { ...message, id: orderedUuid(), createdAt };
}

function textMessage(role: 'system' | 'user', content: string, createdAt: number): StagedMessage {
  return { role, content, ...given(createdAt) };
}

function resultMessage(result: ToolResult, createdAt: number): StagedMessage {
  const { callId, content, isError } = result;
  const toolAnswer = { callId, isError };
  return { role: 'tool', content, ...given(createdAt), toolAnswer };
}

/** What messages of a client have in common. */
function given(createdAt: number): Omit<StagedMessage, 'role' | 'content'> {
  const id = orderedUuid();
  return { id, clientId: null, createdAt, parts: null, images: null, toolAnswer: null };
}
