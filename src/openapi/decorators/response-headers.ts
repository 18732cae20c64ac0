import type { ReferenceObject } from '@nestjs/swagger';
import { reference } from '../headers.js';

/** Of answers with a conversation. */
export const CONVERSATION_HEADERS: Record<string, ReferenceObject> = { ETag: reference('ETag') };

/** Of the answer that a new conversation was made. */
export const CREATED_HEADERS: Record<string, ReferenceObject> = {
  ...CONVERSATION_HEADERS,
  Location: reference('ConversationLocation'),
};
