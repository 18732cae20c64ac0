import type { ExampleObject, ReferenceObject, SchemaObject } from '@nestjs/swagger';

/** A schema with keywords of OpenAPI 3.1 that the library's type does not know. */
type Schema = SchemaObject & {
  const?: unknown;
  contentMediaType?: string;
  contentSchema?: ReferenceObject;
};

const schemaRef = (name: string): ReferenceObject => ({ $ref: `#/components/schemas/${name}` });

const CONVERSATION_ID = 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8';
const GENERATION_ID = '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55';
const MESSAGE_ID = '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21';

const tokenEvent: Schema = {
  type: 'object',
  description: 'A piece of the answer. Pieces put together in order are the text.',
  required: ['token'],
  properties: { token: { type: 'string', description: 'Never cut inside a character.' } },
  example: { token: 'Quantum' },
};

const doneEvent: Schema = {
  type: 'object',
  description:
    'The last block of an answer that is whole or was cancelled. Whoever reads it finds the answer in the history.',
  required: ['done', 'conversation_id', 'generation_id', 'message_id', 'finish_reason', 'usage'],
  properties: {
    // Not `const`: generators make an enumeration of it, which does not compile for a boolean.
    done: { type: 'boolean', description: 'Always `true`.' },
    conversation_id: { type: 'string' },
    generation_id: { type: 'string' },
    message_id: { type: 'string', description: 'The answer, as a message of the conversation.' },
    finish_reason: schemaRef('FinishReason'),
    usage: { anyOf: [schemaRef('Usage'), { type: 'null' }] },
  },
  example: {
    done: true,
    conversation_id: CONVERSATION_ID,
    generation_id: GENERATION_ID,
    message_id: MESSAGE_ID,
    finish_reason: 'stop',
    usage: { prompt_tokens: 12, completion_tokens: 2 },
  },
};

const errorEvent: Schema = {
  type: 'object',
  description: 'The last block of an answer that broke off. No `done` follows.',
  required: ['error', 'code', 'reason', 'conversation_id', 'generation_id'],
  properties: {
    error: { type: 'string', description: 'A sentence for a person.' },
    code: schemaRef('ErrorCode'),
    reason: schemaRef('ErrorReason'),
    conversation_id: {
      type: ['string', 'null'],
      description: 'Null where nothing was kept.',
    },
    generation_id: { type: 'string' },
  },
  example: {
    error: 'The model was silent for too long',
    code: 'TIMEOUT',
    reason: 'model_silent',
    conversation_id: CONVERSATION_ID,
    generation_id: GENERATION_ID,
  },
};

/** The blocks of a stream, for `components.schemas`. */
export const STREAM_SCHEMAS: Record<string, Schema> = {
  TokenEvent: tokenEvent,
  DoneEvent: doneEvent,
  ErrorEvent: errorEvent,
  StreamEvent: {
    description: 'The JSON of one `data: ` block.',
    oneOf: [schemaRef('TokenEvent'), schemaRef('DoneEvent'), schemaRef('ErrorEvent')],
  },
  EventStream: {
    type: 'string',
    description:
      'Server-sent events: blocks of `data: <StreamEvent as JSON>`, each ended by a blank line. Comments (`:keep-alive`) may stand between them after a silence. The nth `data` block is event n.',
    contentMediaType: 'text/event-stream',
    contentSchema: schemaRef('StreamEvent'),
  },
};

/** The body of a stream, for the `schema` of a response. */
export const STREAM_BODY_REF = schemaRef('EventStream');

const data = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;
const numbered = (seq: number, event: unknown): string => `id: ${seq}\n${data(event)}`;
const tokens = [{ token: 'Quantum' }, { token: ' computing' }];

/** Streams as their bytes are. */
export const STREAM_EXAMPLES = {
  answer: {
    summary: 'An answer of two tokens',
    value: tokens.map(data).join('') + ':keep-alive\n\n' + data(doneEvent.example),
  },
  numbered: {
    summary: 'The same with event numbers',
    value:
      tokens.map((token, index) => numbered(index + 1, token)).join('') +
      numbered(3, doneEvent.example),
  },
  failure: {
    summary: 'An answer that broke off',
    value: data(tokens[0]) + data(errorEvent.example),
  },
} as const satisfies Record<string, ExampleObject>;
