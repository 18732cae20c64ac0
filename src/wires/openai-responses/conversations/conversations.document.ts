import type { ApiBodyOptions, ApiResponseOptions, SchemaObject } from '@nestjs/swagger';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

const ITEMS: SchemaObject = {
  type: 'array',
  maxItems: 20,
  items: ANY_OBJECT,
  description:
    '`message`, `function_call`, `function_call_output`, `reasoning`, `item_reference`; images as data URLs.',
};

const METADATA: SchemaObject = {
  type: ['object', 'null'],
  description: 'At most 16 pairs; names of 1 to 64 characters.',
  maxProperties: 16,
  additionalProperties: { type: 'string', maxLength: 512 },
};

const QUESTION = {
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text: 'Hello, how are you?' }],
};

export const NEW_CONVERSATION_REQUEST: ApiBodyOptions = {
  required: false,
  schema: {
    type: 'object',
    additionalProperties: true,
    properties: { items: { ...ITEMS, type: ['array', 'null'] }, metadata: METADATA },
  },
  examples: {
    empty: { summary: 'An empty one', value: {} },
    question: {
      summary: 'With a question',
      value: { items: [QUESTION], metadata: { topic: 'demo' } },
    },
  },
};

export const METADATA_REQUEST: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    additionalProperties: true,
    required: ['metadata'],
    properties: { metadata: METADATA },
  },
  examples: { topic: { summary: 'A topic', value: { metadata: { topic: 'demo' } } } },
};

export const ITEMS_REQUEST: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    additionalProperties: true,
    required: ['items'],
    properties: { items: { ...ITEMS, minItems: 1 } },
  },
  examples: { question: { summary: 'A question', value: { items: [QUESTION] } } },
};

const CONVERSATION_ID = 'conv_a1b2c3d4e5f64890a1b2c3d4e5f6a7b8';

export const CONVERSATION: ApiResponseOptions = {
  description: 'The conversation.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['id', 'object', 'created_at', 'metadata'],
        properties: {
          id: { type: 'string', description: '`conv_` and its id without dashes.' },
          object: { type: 'string', enum: ['conversation'] },
          created_at: { type: 'integer', description: 'Epoch seconds.' },
          metadata: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      example: {
        id: CONVERSATION_ID,
        object: 'conversation',
        created_at: 1_757_129_400,
        metadata: { topic: 'demo' },
      },
    },
  },
};

export const DELETED_CONVERSATION: ApiResponseOptions = {
  description: 'It is deleted.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['id', 'object', 'deleted'],
        properties: {
          id: { type: 'string' },
          object: { type: 'string', enum: ['conversation.deleted'] },
          deleted: { type: 'boolean' },
        },
      },
      example: { id: CONVERSATION_ID, object: 'conversation.deleted', deleted: true },
    },
  },
};

const ITEM: SchemaObject = {
  type: 'object',
  additionalProperties: true,
  required: ['id', 'type', 'status'],
  properties: {
    id: {
      type: 'string',
      description: 'Says which message of which conversation it is of, and which item of that.',
    },
    type: {
      type: 'string',
      enum: ['message', 'reasoning', 'function_call', 'function_call_output'],
    },
    status: { type: 'string', enum: ['in_progress', 'completed', 'incomplete'] },
  },
};

const ITEM_EXAMPLE = {
  id: 'msg_0192f3a45b6c7d8e9fa0b1c2d3e4f506a1b2c3d4e5f64890a1b2c3d4e5f6a7b8',
  ...QUESTION,
  status: 'completed',
};

export const ONE_ITEM: ApiResponseOptions = {
  description: 'The item.',
  content: { 'application/json': { schema: ITEM, example: ITEM_EXAMPLE } },
};

/** A list of items, as OpenAI’s clients page through it. */
export const ITEM_LIST: ApiResponseOptions = {
  description: 'The items.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['object', 'data', 'first_id', 'last_id', 'has_more'],
        properties: {
          object: { type: 'string', enum: ['list'] },
          data: { type: 'array', items: ITEM },
          first_id: { type: ['string', 'null'] },
          last_id: { type: ['string', 'null'] },
          has_more: { type: 'boolean' },
        },
      },
      example: {
        object: 'list',
        data: [ITEM_EXAMPLE],
        first_id: ITEM_EXAMPLE.id,
        last_id: ITEM_EXAMPLE.id,
        has_more: false,
      },
    },
  },
};
