import { randomUUID } from 'node:crypto';
import { AppError } from '../common/errors/app-error.js';
import type { StagedMessage, StagedTurn, UnclaimedGeneration } from '../domain/generation.js';
import type { ChatCommand } from './chat-command.js';
import type { RecentTurns } from './prompt/conversation-history.js';
import { titleOf } from './title.js';

/** The message that `regenerate` answers again, and the answer that the new one replaces. */
export interface LastQuestion {
  content: string;
  /** The messages before it: the last ones, and the number of all. */
  before: RecentTurns;
  answerId: string | null;
}

/** The generation for a command, as the claim writes it. All ids are made here. */
export function newGeneration(
  command: ChatCommand,
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
  const { message, system, conversationId } = command;
  const messages: StagedMessage[] = [];
  if (system !== null) messages.push(textMessage('system', system, now));
  if (message !== null) messages.push(textMessage('user', message, now));
  return {
    newConversation:
      conversationId === null ? { title: titleOf(message ?? ''), createdAt: now } : null,
    messages,
    replacesMessageId: question?.answerId ?? null,
  };
}

function textMessage(role: 'system' | 'user', content: string, createdAt: number): StagedMessage {
  return { id: randomUUID(), role, content, createdAt, images: null, toolAnswer: null };
}

/** The last user message of a conversation, and its answer: both are among its newest messages. */
export function lastQuestion({ messages, messageCount }: RecentTurns): LastQuestion {
  const index = messages.findLastIndex((message) => message.role === 'user');
  const question = messages[index];
  if (!question) {
    throw new AppError('validation', 'This conversation has no user message to answer again', {
      details: [{ field: 'regenerate', message: 'needs a conversation with a user message' }],
    });
  }
  const answer = messages.slice(index + 1).findLast((message) => message.role === 'assistant');
  return {
    content: question.content,
    before: {
      messages: messages.slice(0, index),
      messageCount: messageCount - (messages.length - index),
    },
    answerId: answer?.id ?? null,
  };
}
