import { randomUUID } from 'node:crypto';
import { AppError } from '../common/errors/app-error.js';
import type { ImageReference } from '../domain/conversation.js';
import type { StagedMessage, StagedTurn, UnclaimedGeneration } from '../domain/generation.js';
import type { ChatCommand, ModelCommand, ToolResult } from './chat-command.js';
import type { RecentTurns } from './prompt/conversation-history.js';
import { titleOf } from './title.js';

/** What `regenerate` answers again, and the answer that the new one replaces. */
export interface LastQuestion {
  /** The newest messages up to the question, and the number of all up to it. */
  asked: RecentTurns;
  answerId: string | null;
}

/** The generation for a command, as the claim writes it. All ids are made here. */
export function newGeneration(
  command: ModelCommand,
  question: LastQuestion | null,
): UnclaimedGeneration {
  const key = randomUUID();
  const now = Date.now();
  return {
    key,
    id: command.generationId ?? key,
    ownerId: command.ownerId,
    conversationId: command.conversationId ?? randomUUID(),
    messageId: randomUUID(),
    model: command.model,
    createdAt: now,
    onDisconnect: command.onDisconnect,
    turn: stagedTurn(command, question, now),
    idempotency: command.idempotency,
  };
}

function stagedTurn(command: ChatCommand, question: LastQuestion | null, now: number): StagedTurn {
  const { message, images, system, conversationId, toolResults } = command;
  const messages = toolResults.map((result) => resultMessage(result, now));
  if (system !== null) messages.push(textMessage('system', system, now));
  if (message !== null) messages.push({ ...textMessage('user', message, now), images });
  return {
    newConversation:
      conversationId === null ? { title: titleOf(message ?? ''), createdAt: now } : null,
    messages,
    replacesMessageId: question?.answerId ?? null,
  };
}

/** The images of the message that is answered again. */
export function imagesOf({ asked }: LastQuestion): readonly ImageReference[] | null {
  return asked.messages.findLast(({ role }) => role === 'user')?.images ?? null;
}

function textMessage(role: 'system' | 'user', content: string, createdAt: number): StagedMessage {
  return { id: randomUUID(), role, content, createdAt, images: null, toolAnswer: null };
}

function resultMessage(result: ToolResult, createdAt: number): StagedMessage {
  const { callId, content, isError } = result;
  const toolAnswer = { callId, isError };
  return { id: randomUUID(), role: 'tool', content, createdAt, images: null, toolAnswer };
}

/** What a new answer to the last question answers: the newest messages without the last answer. */
export function lastQuestion({ messages, messageCount }: RecentTurns): LastQuestion {
  const last = messages.at(-1);
  const answer = last?.role === 'assistant' ? last : null;
  const asked = answer ? messages.slice(0, -1) : messages;
  const role = asked.at(-1)?.role;
  if (role !== 'user' && role !== 'tool') {
    throw new AppError('validation', 'This conversation has no user message to answer again', {
      details: [{ field: 'regenerate', message: 'needs a conversation with a user message' }],
    });
  }
  return {
    asked: { messages: asked, messageCount: messageCount - (messages.length - asked.length) },
    answerId: answer?.id ?? null,
  };
}
