import { AppError } from '../common/errors/app-error.js';
import type { ConversationSummary } from '../domain/conversation.js';

export function conversationNotFound(): AppError {
  return new AppError('conversation_not_found', 'Conversation not found');
}

export function messageNotFound(): AppError {
  return new AppError('message_not_found', 'Message not found in this conversation');
}

/** It has another revision than the request expects. */
export function conversationChanged(conversation: ConversationSummary): AppError {
  return new AppError(
    'conversation_changed',
    'The conversation was changed in the meantime; read it again',
    { conversation },
  );
}

export function conversationBusy(activeGenerationId: string): AppError {
  return new AppError(
    'conversation_busy',
    'The conversation is being answered; wait for its end or cancel that generation',
    { activeGenerationId },
  );
}

export function generationNotFound(): AppError {
  return new AppError('generation_not_found', 'Generation not found');
}
