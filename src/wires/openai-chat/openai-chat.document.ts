import type { ApiBodyOptions, ApiResponseOptions, SchemaObject } from '@nestjs/swagger';
import type { StreamDocument } from '../../openapi/decorators/api-event-stream.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** The fields that this service reads; all others are ignored. */
export const CHAT_COMPLETION_REQUEST: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    additionalProperties: true,
    required: ['messages'],
    properties: {
      model: { type: 'string', description: 'Left out: the default model.' },
      messages: {
        type: 'array',
        minItems: 1,
        items: ANY_OBJECT,
        description:
          'Roles `system`, `developer`, `user`, `assistant`, `tool`; text or parts; images as data URLs.',
      },
      stream: { type: 'boolean' },
      stream_options: ANY_OBJECT,
      max_tokens: { type: 'integer', minimum: 1 },
      max_completion_tokens: { type: 'integer', minimum: 1 },
      temperature: { type: 'number', minimum: 0, maximum: 2 },
      top_p: { type: 'number', minimum: 0, maximum: 1 },
      seed: { type: 'integer' },
      presence_penalty: { type: 'number', minimum: -2, maximum: 2 },
      frequency_penalty: { type: 'number', minimum: -2, maximum: 2 },
      stop: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      reasoning_effort: {
        type: 'string',
        enum: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
      },
      response_format: ANY_OBJECT,
      tools: { type: 'array', maxItems: 128, items: ANY_OBJECT },
      tool_choice: {
        description: '`none`, `auto`, `required`, or a function by its name.',
      },
      parallel_tool_calls: { type: 'boolean' },
    },
  },
  examples: {
    question: {
      summary: 'A question',
      value: { model: 'llama2', messages: [{ role: 'user', content: 'Hello, how are you?' }] },
    },
  },
};

const COMPLETION = {
  id: 'chatcmpl-0b5f1f3e9a434a9c8f0e7f3f6f0a1c55',
  created: 1_757_129_400,
  model: 'llama2',
};

const CHUNK = (delta: object, finishReason: string | null) => ({
  ...COMPLETION,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
});

/** The answer, whole and as a stream. */
export const CHAT_COMPLETION_STREAM: readonly StreamDocument[] = [
  {
    contentType: 'application/json',
    schemas: {
      ChatCompletion: {
        type: 'object',
        description: 'A whole answer as OpenAI’s clients read it.',
        required: ['id', 'object', 'created', 'model', 'choices', 'usage'],
        properties: {
          id: {
            type: 'string',
            description: '`chatcmpl-` and the generation’s id without dashes.',
          },
          object: { type: 'string' },
          created: { type: 'integer', description: 'Epoch seconds.' },
          model: { type: 'string', description: 'As it was asked for.' },
          choices: { type: 'array', items: ANY_OBJECT },
          usage: { type: ['object', 'null'], additionalProperties: true },
        },
      },
    },
    body: 'ChatCompletion',
    examples: {
      answer: {
        summary: 'An answer',
        value: {
          ...COMPLETION,
          object: 'chat.completion',
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: 'Quantum computing', refusal: null },
              logprobs: null,
              finish_reason: 'stop',
            },
          ],
          usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 },
        },
      },
    },
  },
  {
    contentType: 'text/event-stream',
    schemas: {
      ChatCompletionStream: {
        type: 'string',
        description:
          'Blocks `data: {…}`, each a `chat.completion.chunk`; then `data: [DONE]`. A failure is one block ' +
          'with `error`, and no `[DONE]`.',
      },
    },
    body: 'ChatCompletionStream',
    examples: {
      answer: {
        summary: 'An answer',
        value: [
          CHUNK({ role: 'assistant', content: 'Quantum' }, null),
          CHUNK({ content: ' computing' }, null),
          CHUNK({}, 'stop'),
        ]
          .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
          .concat('data: [DONE]\n\n')
          .join(''),
      },
    },
  },
];

const MODEL: SchemaObject = {
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by'],
  properties: {
    id: { type: 'string' },
    object: { type: 'string' },
    created: { type: 'integer', description: 'Epoch seconds.' },
    owned_by: { type: 'string', description: 'The model server.' },
  },
};

const LLAMA = { id: 'llama2', object: 'model', created: 1_757_129_400, owned_by: 'ollama' };

export const ONE_MODEL: ApiResponseOptions = {
  description: 'The model.',
  content: { 'application/json': { schema: MODEL, example: LLAMA } },
};

export const MODEL_LIST: ApiResponseOptions = {
  description: 'The models that a chat may name.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['object', 'data'],
        properties: { object: { type: 'string' }, data: { type: 'array', items: MODEL } },
      },
      example: { object: 'list', data: [LLAMA] },
    },
  },
};
