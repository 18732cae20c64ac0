import type { Message } from '../../domain/conversation.js';
import { toolCallsOf } from '../../domain/parts.js';

type Answer = Pick<Message, 'role' | 'status' | 'content' | 'parts'>;

/** Whether a message is an answer to its user: complete, with text, and without calls of tools. */
export function isWholeAnswer({ role, status, content, parts }: Answer): boolean {
  if (role !== 'assistant' || status !== 'complete' || content === '') return false;
  return toolCallsOf(parts) === null;
}
