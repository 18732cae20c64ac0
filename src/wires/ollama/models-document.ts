import type { ApiBodyOptions, ApiResponseOptions } from '@nestjs/swagger';
import { schemaRef } from '../../openapi/decorators/api-event-stream.js';
import { OLLAMA_VERSION } from './models.js';

const DETAILS = {
  type: 'object',
  properties: {
    parent_model: { type: 'string' },
    format: { type: 'string' },
    family: { type: 'string' },
    families: { type: 'array', items: { type: 'string' } },
    parameter_size: { type: 'string' },
    quantization_level: { type: 'string' },
  },
} as const;

const TAG = {
  type: 'object',
  required: ['name', 'model', 'modified_at', 'size', 'digest', 'details'],
  properties: {
    name: { type: 'string' },
    model: { type: 'string', description: 'The same.' },
    modified_at: { type: 'string' },
    size: { type: 'integer', description: 'In bytes.' },
    digest: { type: 'string', description: 'Changes with the model; not that of Ollama.' },
    details: DETAILS,
  },
} as const;

const EXAMPLE_DETAILS = {
  parent_model: '',
  format: '',
  family: 'llama',
  families: ['llama'],
  parameter_size: '7B',
  quantization_level: 'Q4_0',
};

/** What the API's document says of the routes about models. */
export const MODEL_DOCUMENTS = {
  base: {
    description: 'It is.',
    content: { 'text/plain': { schema: { type: 'string' }, example: 'Ollama is running' } },
  },
  tags: {
    description: 'The models.',
    schema: {
      type: 'object',
      required: ['models'],
      properties: { models: { type: 'array', items: TAG } },
    },
    example: {
      models: [
        {
          name: 'llama2:latest',
          model: 'llama2:latest',
          modified_at: '2026-01-01T00:00:00Z',
          size: 3_826_793_677,
          digest: '8f5c4b9d2b8a7f0c5e0d6f0b3c1a9e7d8f5c4b9d2b8a7f0c5e0d6f0b3c1a9e7d',
          details: EXAMPLE_DETAILS,
        },
      ],
    },
  },
  show: {
    body: {
      schema: schemaRef('OllamaShowBody'),
      examples: { first: { summary: 'A model', value: { model: 'llama2' } } },
    } satisfies ApiBodyOptions,
    response: {
      description: 'The model.',
      schema: {
        type: 'object',
        required: ['details', 'model_info', 'capabilities'],
        properties: {
          modelfile: { type: 'string', description: 'Empty.' },
          parameters: { type: 'string', description: 'The context window of its chats here.' },
          template: { type: 'string', description: 'Empty.' },
          details: DETAILS,
          model_info: { type: 'object', additionalProperties: true },
          capabilities: { type: 'array', items: { type: 'string' } },
          modified_at: { type: 'string' },
        },
      },
      example: {
        modelfile: '',
        parameters: 'num_ctx 4096',
        template: '',
        details: EXAMPLE_DETAILS,
        model_info: { 'general.architecture': 'llama', 'llama.context_length': 4096 },
        capabilities: ['completion'],
        modified_at: '2026-01-01T00:00:00Z',
      },
    } satisfies ApiResponseOptions,
  },
  ps: {
    description: 'No model.',
    schema: {
      type: 'object',
      required: ['models'],
      properties: { models: { type: 'array', items: { type: 'object' } } },
    },
    example: { models: [] },
  },
  version: {
    description: 'The version.',
    schema: {
      type: 'object',
      required: ['version'],
      properties: { version: { type: 'string' } },
    },
    example: { version: OLLAMA_VERSION },
  },
} as const satisfies Record<string, unknown>;
