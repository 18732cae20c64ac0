import type { ApiBodyOptions, ApiResponseOptions, SchemaObject } from '@nestjs/swagger';
import type { ErrorReason } from '../../common/errors/error-codes.js';
import { schemaRef, type StreamDocument } from '../../openapi/decorators/api-event-stream.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const ANY_OBJECTS = { type: 'array', items: ANY_OBJECT } as const;
const ID = 'resp_0b5f1f3e9a434a9c8f0e7f3f6f0a1c55';
const ITEM_ID = 'msg_1c2d3e4f9a434a9c8f0e7f3f6f0a1c55a1b2c3d4e5f64890a1b2c3d4e5f6a7b8';

/** What a response may be refused for, or fail with. */
export const RESPONSE_REASONS: readonly ErrorReason[] = [
  'context_exceeded',
  'conversation_not_found',
  'image_not_found',
  'message_not_found',
  'model_not_found',
  'conversation_busy',
  'conversation_deleted',
  'conversation_full',
  'generation_exists',
  'generation_not_found',
  'idempotency_mismatch',
  'images_full',
  'streams_limit',
  'tokens_limit',
  'model_unavailable',
  'queue_full',
  'draining',
  'model_silent',
  'generation_timeout',
];

/** The fields that this service reads; all others are ignored. */
export const RESPONSE_REQUEST: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    additionalProperties: true,
    required: ['input'],
    properties: {
      model: { type: 'string', description: 'Left out: the default model.' },
      input: {
        oneOf: [{ type: 'string' }, ANY_OBJECTS],
        description:
          'A text, or items: `message`, `function_call`, `function_call_output`, `reasoning`, `item_reference`.',
      },
      instructions: { type: 'string', description: 'Told for this answer alone.' },
      conversation: {
        oneOf: [{ type: 'string' }, ANY_OBJECT],
        description: 'The id of the conversation to go on with, or an object with it.',
      },
      previous_response_id: {
        type: 'string',
        description: 'The response to go on with; not together with `conversation`.',
      },
      store: { type: 'boolean', default: true },
      stream: { type: 'boolean', default: false },
      background: { type: 'boolean', default: false },
      max_output_tokens: { type: 'integer', minimum: 1 },
      temperature: { type: 'number', minimum: 0, maximum: 2 },
      top_p: { type: 'number', minimum: 0, maximum: 1 },
      reasoning: {
        type: 'object',
        additionalProperties: true,
        properties: {
          effort: {
            type: 'string',
            enum: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
          },
        },
      },
      text: ANY_OBJECT,
      tools: { ...ANY_OBJECTS, description: 'Functions; other kinds are left out beside them.' },
      tool_choice: {
        description: '`none`, `auto`, `required`, `allowed_tools`, or a function by its name.',
      },
      parallel_tool_calls: { type: 'boolean', default: true },
      truncation: { type: 'string', enum: ['auto', 'disabled'], default: 'disabled' },
      metadata: {
        type: 'object',
        maxProperties: 16,
        additionalProperties: { type: 'string', maxLength: 512 },
      },
    },
  },
  examples: {
    question: {
      summary: 'A question',
      value: { model: 'llama2', input: 'Hello, how are you?' },
    },
  },
};

const RESPONSE_SCHEMA: SchemaObject = {
  type: 'object',
  description: 'A response as OpenAI’s clients read it; it repeats what was asked.',
  additionalProperties: true,
  required: ['id', 'object', 'created_at', 'status', 'error', 'model', 'output', 'usage'],
  properties: {
    id: { type: 'string', description: '`resp_` and the generation’s id without dashes.' },
    object: { type: 'string', enum: ['response'] },
    created_at: { type: 'integer', description: 'Epoch seconds.' },
    completed_at: { type: ['integer', 'null'] },
    status: {
      type: 'string',
      enum: ['queued', 'in_progress', 'completed', 'incomplete', 'cancelled', 'failed'],
    },
    conversation: {
      type: ['object', 'null'],
      required: ['id'],
      properties: { id: { type: 'string' } },
    },
    error: {
      type: ['object', 'null'],
      required: ['code', 'message', 'reason'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        reason: { type: 'string' },
      },
    },
    incomplete_details: { type: ['object', 'null'], additionalProperties: true },
    model: { type: 'string' },
    output: { ...ANY_OBJECTS, description: 'Items `reasoning`, `message`, `function_call`.' },
    usage: { type: ['object', 'null'], additionalProperties: true },
  },
};

const MESSAGE = {
  id: ITEM_ID,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Quantum computing', annotations: [], logprobs: [] }],
};
const BEGUN = {
  id: ID,
  object: 'response',
  created_at: 1_757_129_400,
  status: 'in_progress',
  completed_at: null,
  conversation: { id: 'conv_a1b2c3d4e5f64890a1b2c3d4e5f6a7b8' },
  error: null,
  incomplete_details: null,
  model: 'llama2',
  output: [] as object[],
  usage: null as object | null,
};
const ENDED = {
  ...BEGUN,
  status: 'completed',
  completed_at: 1_757_129_402,
  output: [MESSAGE],
  usage: { input_tokens: 12, output_tokens: 2, total_tokens: 14 },
};

const EVENTS: readonly { type: string; [field: string]: unknown }[] = [
  { type: 'response.created', response: BEGUN },
  { type: 'response.in_progress', response: BEGUN },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { ...MESSAGE, status: 'in_progress', content: [] },
  },
  { type: 'response.output_item.done', output_index: 0, item: MESSAGE },
  { type: 'response.completed', response: ENDED },
];

/** The response, whole and as a stream. */
export const RESPONSE_OR_STREAM: readonly StreamDocument[] = [
  {
    contentType: 'application/json',
    schemas: { OpenAiResponse: RESPONSE_SCHEMA },
    body: 'OpenAiResponse',
    examples: { answer: { summary: 'An answer', value: ENDED } },
  },
  {
    contentType: 'text/event-stream',
    schemas: {
      OpenAiResponseStream: {
        type: 'string',
        description:
          'Blocks `event: …` and `data: {…}`, numbered by `sequence_number` from 0 on. The last is ' +
          '`response.completed`, `response.incomplete`, or `response.failed` behind `error`.',
      },
    },
    body: 'OpenAiResponseStream',
    examples: {
      answer: {
        summary: 'An answer (shortened)',
        value: EVENTS.map(
          ({ type, ...fields }, number) =>
            `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields })}\n\n`,
        ).join(''),
      },
    },
  },
];

export const ONE_RESPONSE: ApiResponseOptions = {
  description: 'The response.',
  content: { 'application/json': { schema: schemaRef('OpenAiResponse'), example: ENDED } },
};

export const DELETED_RESPONSE: ApiResponseOptions = {
  description: 'It was deleted.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['id', 'object', 'deleted'],
        properties: {
          id: { type: 'string' },
          object: { type: 'string', enum: ['response'] },
          deleted: { type: 'boolean' },
        },
      },
      example: { id: ID, object: 'response', deleted: true },
    },
  },
};
