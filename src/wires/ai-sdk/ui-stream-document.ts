import { EXAMPLE } from '../../generation/event-json.js';
import { schemaRef, type StreamDocument } from '../../openapi/decorators/api-event-stream.js';

const { ids, done, tokens } = EXAMPLE;

const block = (chunk: object): string => `data: ${JSON.stringify(chunk)}\n\n`;

const CHUNKS = [
  {
    type: 'start',
    messageId: ids.messageId,
    messageMetadata: {
      conversation_id: ids.conversationId,
      generation_id: ids.generationId,
      model: 'llama2',
      created_at: '2025-09-06T03:30:00.000Z',
    },
  },
  { type: 'start-step' },
  { type: 'text-start', id: 't1' },
  ...tokens.map((delta) => ({ type: 'text-delta', id: 't1', delta })),
  { type: 'text-end', id: 't1' },
  { type: 'finish-step' },
  {
    type: 'finish',
    finishReason: done.finishReason,
    messageMetadata: {
      finish_reason: done.finishReason,
      usage: { prompt_tokens: 12, completion_tokens: 2 },
    },
  },
];

/** What the API's document says of the UI message stream. */
export const UI_STREAM_DOCUMENT: StreamDocument = {
  contentType: 'text/event-stream',
  headers: {
    'X-Vercel-AI-UI-Message-Stream': {
      description: 'Version of the UI message stream: `v1`.',
      schema: { type: 'string', enum: ['v1'] },
    },
  },
  body: 'UiMessageStream',
  schemas: {
    UiMessageChunk: {
      type: 'object',
      description:
        'A chunk of the UI message stream of the AI SDK: `start`, `start-step`, `reasoning-*`, `text-*`, ' +
        '`tool-input-*`, `finish-step`, then `finish`, or `abort` of an answer that was cancelled, or `error`.',
      required: ['type'],
      properties: { type: { type: 'string' } },
      additionalProperties: true,
      example: CHUNKS[3],
    },
    UiMessageStream: {
      type: 'string',
      description:
        'Server-sent events: blocks of `data: <UiMessageChunk as JSON>`, each ended by a blank line, and ' +
        '`data: [DONE]` at the end.',
      contentMediaType: 'text/event-stream',
      contentSchema: schemaRef('UiMessageChunk'),
    },
  },
  examples: {
    answer: {
      summary: 'An answer of two tokens',
      value: CHUNKS.map(block).join('') + 'data: [DONE]\n\n',
    },
  },
};
