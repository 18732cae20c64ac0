import type { ApiBodyOptions } from '@nestjs/swagger';
import {
  schemaRef,
  type DocumentSchema,
  type StreamDocument,
} from '../../openapi/decorators/api-event-stream.js';

const text = (description?: string): DocumentSchema => ({
  type: 'string',
  ...(description !== undefined && { description }),
});
const flag = (description: string): DocumentSchema => ({ type: 'boolean', description });
const object = (
  properties: Record<string, DocumentSchema>,
  required: string[] = [],
  description?: string,
): DocumentSchema => ({
  type: 'object',
  ...(description !== undefined && { description }),
  properties,
  ...(required.length > 0 && { required }),
});
const listOf = (items: DocumentSchema, description?: string): DocumentSchema => ({
  type: 'array',
  ...(description !== undefined && { description }),
  items,
});

const ANY_OBJECT: DocumentSchema = { type: 'object', additionalProperties: true };

const CALL_FIELDS = {
  id: text(),
  function: object({ index: { type: 'integer' }, name: text(), arguments: ANY_OBJECT }, ['name']),
};

/** What both bodies have. */
const REQUEST_FIELDS = {
  model: text('As in `GET /api/ollama/api/tags`.'),
  stream: flag('False: one object with the whole answer. True if left out.'),
  format: { description: '`"json"` or a JSON Schema that the answer is to follow.' },
  think: {
    description: 'Whether the model thinks before it answers, and how much.',
    anyOf: [{ type: 'boolean' }, text('`low`, `medium` or `high`.'), { type: 'null' }],
  },
  options: {
    ...ANY_OBJECT,
    description:
      'Ollama’s names: `temperature`, `top_p`, `top_k`, `min_p`, `seed`, `stop`, `num_predict`, ' +
      '`repeat_penalty`, `presence_penalty`, `frequency_penalty`. `num_ctx` may make the context ' +
      'window smaller than it is here, not larger. Others are ignored.',
  },
  truncate: flag('False: what does not fit into the context is refused, not cut.'),
} satisfies Record<string, DocumentSchema>;

const MESSAGE: DocumentSchema = object(
  {
    role: { type: 'string', description: '`system`, `user`, `assistant` or `tool`.' },
    content: text(),
    thinking: text(),
    images: listOf(text('PNG, JPEG or WebP in base64.')),
    tool_calls: listOf(object(CALL_FIELDS)),
    tool_name: text('Of a result: the tool that was called.'),
    tool_call_id: text('Of a result: its call.'),
  },
  ['role'],
);

const END_FIELDS = {
  model: text('As the request names it.'),
  created_at: { type: 'string', format: 'date-time' },
  done: { type: 'boolean' },
  done_reason: text('Only of the last: `stop`, `length`, `load` or `cancelled`.'),
  total_duration: { type: 'integer', description: 'In nanoseconds. Only of the last.' },
  prompt_eval_count: { type: 'integer', description: 'Tokens, where the model counted them.' },
  eval_count: { type: 'integer', description: 'Tokens, where the model counted them.' },
} satisfies Record<string, DocumentSchema>;

const SCHEMAS: Record<string, DocumentSchema> = {
  OllamaMessage: MESSAGE,
  OllamaChatBody: object(
    {
      ...REQUEST_FIELDS,
      messages: listOf(
        schemaRef('OllamaMessage'),
        'All that the model is told; none: the model is only to be loaded, which it needs not be here.',
      ),
      tools: listOf(ANY_OBJECT, 'Functions that the model may call.'),
    },
    ['model'],
    'Fields that are not known are ignored.',
  ),
  OllamaGenerateBody: object(
    {
      ...REQUEST_FIELDS,
      prompt: text('Empty: as a chat without messages.'),
      system: text(),
      images: listOf(text('PNG, JPEG or WebP in base64.')),
    },
    ['model'],
    'Fields that are not known are ignored; `raw`, `suffix`, `template` and `context` are refused.',
  ),
  OllamaChatLine: object(
    { ...END_FIELDS, message: schemaRef('OllamaMessage') },
    ['model', 'created_at', 'message', 'done'],
    'A piece of the answer, or the whole of it.',
  ),
  OllamaGenerateLine: object(
    { ...END_FIELDS, response: text(), thinking: text() },
    ['model', 'created_at', 'response', 'done'],
    'A piece of the answer, or the whole of it.',
  ),
  OllamaStream: {
    ...text(
      'Lines of JSON, the last one with `done: true` and the counts. An answer that fails after its ' +
        'beginning ends with a line `{"error": …, "code": …, "reason": …}` instead. A stream that ends ' +
        'with neither was interrupted. After a pause there may be a line without text.',
    ),
    contentMediaType: 'application/x-ndjson',
  },
  OllamaShowBody: object({ model: text(), name: text('As the command line calls it.') }),
};

const HEAD = { model: 'llama2', created_at: '2026-11-27T08:00:00.000Z' };
const END = {
  done: true,
  done_reason: 'stop',
  total_duration: 1_500_000_000,
  prompt_eval_count: 12,
  eval_count: 2,
};
const said = (content: string) => ({ message: { role: 'assistant', content } });

/** What the document says of an answer of a route: the whole of it, and its lines. */
function documents(
  line: string,
  spoken: (content: string) => object,
): [StreamDocument, StreamDocument] {
  const lines = ['Quantum', ' computing'].map((piece) => ({
    ...HEAD,
    ...spoken(piece),
    done: false,
  }));
  const stream = [...lines, { ...HEAD, ...spoken(''), ...END }]
    .map((each) => `${JSON.stringify(each)}\n`)
    .join('');
  const whole = { ...HEAD, ...spoken('Quantum computing'), ...END };
  return [
    {
      contentType: 'application/x-ndjson',
      body: 'OllamaStream',
      schemas: SCHEMAS,
      examples: { answer: { summary: 'An answer of two tokens', value: stream } },
    },
    {
      contentType: 'application/json',
      body: line,
      schemas: {},
      examples: { whole: { summary: 'With `stream: false`', value: whole } },
    },
  ];
}

export const CHAT_DOCUMENTS = documents('OllamaChatLine', said);
export const GENERATE_DOCUMENTS = documents('OllamaGenerateLine', (response) => ({ response }));

export const CHAT_BODY: ApiBodyOptions = {
  schema: schemaRef('OllamaChatBody'),
  examples: {
    first: {
      summary: 'A question',
      value: {
        model: 'llama2',
        messages: [{ role: 'user', content: 'Hello, how are you?' }],
        stream: false,
      },
    },
  },
};

export const GENERATE_BODY: ApiBodyOptions = {
  schema: schemaRef('OllamaGenerateBody'),
  examples: {
    first: {
      summary: 'A prompt',
      value: { model: 'llama2', prompt: 'Hello, how are you?', stream: false },
    },
  },
};
