import { toSummaryFields } from '../common/http/conversation.dto.js';
import { CHANGE_TYPES, CHANGED_NAMES } from '../domain/change.js';
import type { ConversationSummary } from '../domain/conversation.js';
import {
  schemaRef,
  type DocumentSchema,
  type StreamDocument,
} from '../openapi/decorators/api-event-stream.js';
import type { FeedEntry } from '../store/change-feed.js';

/** A block of the stream: its data, and the cursor of a reader that has it. */
export function block(data: object, cursor: string | null): string {
  const json = `data: ${JSON.stringify(data)}\n\n`;
  return cursor === null ? json : `id: ${cursor}\n${json}`;
}

/** What was told since the reader's cursor is told; from here on it hears what happens. */
export const READY = { type: 'ready' } as const;
/** The reader's cursor is of no use any more: it must read all again. */
export const RESET = { type: 'reset' } as const;

/** @param conversation as it is now; null once it is deleted */
export function changeData(
  { time, conversationId, revision, event }: FeedEntry,
  conversation: ConversationSummary | null,
) {
  return {
    type: event.type,
    time: new Date(time).toISOString(),
    conversation_id: conversationId,
    revision,
    ...(event.type === 'conversation.changed' && { changed: event.changed }),
    ...('generationId' in event && {
      generation_id: event.generationId,
      message_id: event.messageId,
      status: event.status,
    }),
    conversation: conversation && toSummaryFields(conversation),
  };
}

const CHANGE_EVENT: DocumentSchema = {
  type: 'object',
  description:
    'Something that happened to a conversation. `ready`: all that happened since the cursor was told, ' +
    'and from here on it is told as it happens. `reset`: the cursor is too old, or of another state ' +
    'of the store; read all again. Both have no other fields.',
  required: ['type'],
  properties: {
    type: { type: 'string', enum: [READY.type, RESET.type, ...CHANGE_TYPES] },
    time: { type: 'string', format: 'date-time' },
    conversation_id: { type: 'string' },
    revision: { type: 'integer', format: 'int64', minimum: 1 },
    changed: {
      type: 'array',
      items: { type: 'string', enum: [...CHANGED_NAMES] },
      description: 'Of `conversation.changed`: what was set, or `messages` where one was deleted.',
    },
    generation_id: { type: 'string', description: 'Of `generation.started` and `.ended`.' },
    message_id: { type: 'string', description: 'Of the same: the answer.' },
    status: schemaRef('GenerationStatus'),
    conversation: {
      description: 'As it is now, not as it was then; null once it is deleted.',
      anyOf: [schemaRef('ConversationSummary'), { type: 'null' }],
    },
  },
  example: READY,
};

const DELETED = {
  type: 'conversation.deleted',
  time: '2025-09-06T03:35:00.000Z',
  conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  revision: 4,
  conversation: null,
};

export const CHANGES_DOCUMENT: StreamDocument = {
  contentType: 'text/event-stream',
  body: 'ChangeStream',
  schemas: {
    ChangeEvent: CHANGE_EVENT,
    ChangeStream: {
      type: 'string',
      description:
        'Server-sent events: blocks of `id: <cursor>` and `data: <ChangeEvent as JSON>`, each ended ' +
        'by a blank line; comments (`:keep-alive`) between them after a pause. Where the key is ' +
        'revoked, the last block has `error`, `code` and `reason` (`key_revoked`) instead.',
      contentMediaType: 'text/event-stream',
      contentSchema: schemaRef('ChangeEvent'),
    },
  },
  examples: {
    live: {
      summary: 'From now on',
      value: block(READY, '41-0f7c2b9e') + ':keep-alive\n\n' + block(DELETED, '42-5d0cf1c6'),
    },
  },
};
