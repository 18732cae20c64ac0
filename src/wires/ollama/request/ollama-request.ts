import type { OutputFormat, Tool } from '../../../domain/model.js';
import { isOutputFormat, isThink, type GivenParameters } from '../../../domain/model-parameters.js';
import type { Truncation } from '../../../domain/report.js';
import { fieldOf, flagOf, listOf, textOf, wrong, type Field, type Fields } from './fields.js';
import { readMessages, textMessage, type ReadMessage } from './messages.js';
import { readOptions } from './options.js';
import { readTools } from './tools.js';

/** What both routes that ask a model take. */
export interface OllamaRequest {
  /** As the client wrote it. */
  model: string;
  stream: boolean;
  /** None: the model is only to be loaded. */
  messages: readonly ReadMessage[];
  tools: readonly Tool[];
  given: GivenParameters;
  /** Null: text. */
  format: OutputFormat | null;
  /** As in `ReadOptions`. */
  maxTokens: number | null;
  contextTokens: number | null;
  truncation: Truncation;
}

/** The body of `/api/chat`. Throws `validation`. */
export function readChatRequest(body: Fields): OllamaRequest {
  const messages = readMessages(fieldOf(body, 'messages'));
  return { ...readCommon(body), messages, tools: readTools(fieldOf(body, 'tools')) };
}

/** The body of `/api/generate`. Throws `validation`. */
export function readGenerateRequest(body: Fields): OllamaRequest {
  for (const name of ['raw', 'suffix', 'template', 'context']) refuse(fieldOf(body, name));
  const content = textOf(fieldOf(body, 'prompt')) ?? '';
  const system = textOf(fieldOf(body, 'system')) ?? '';
  const images = listOf(fieldOf(body, 'images'));
  const messages = [
    ...(system === '' ? [] : [textMessage('system', system)]),
    { ...textMessage('user', content), images },
  ];
  return { ...readCommon(body), messages: content === '' ? [] : messages, tools: [] };
}

/** It would change the answer, and is not possible here; what has no effect is no matter. */
function refuse(field: Field): void {
  const { value } = field;
  const isEmpty = value === undefined || value === false || value === '';
  if (isEmpty || (Array.isArray(value) && value.length === 0)) return;
  throw wrong(field, 'is not supported here: send messages to /api/chat');
}

function readCommon(body: Fields): Omit<OllamaRequest, 'messages' | 'tools'> {
  const model = textOf(fieldOf(body, 'model')) ?? '';
  if (model === '') throw wrong({ path: 'model' }, 'is required');
  for (const name of ['logprobs', 'top_logprobs']) refuseLogprobs(fieldOf(body, name));
  const { given, maxTokens, contextTokens } = readOptions(fieldOf(body, 'options'));
  return {
    model,
    stream: flagOf(fieldOf(body, 'stream')) ?? true,
    given: { ...given, ...thinkIn(body) },
    format: formatIn(body),
    maxTokens,
    contextTokens,
    truncation: flagOf(fieldOf(body, 'truncate')) === false ? 'error' : 'auto',
  };
}

function refuseLogprobs(field: Field): void {
  if (field.value === undefined || field.value === false || field.value === 0) return;
  throw wrong(field, 'is not supported here');
}

function thinkIn(body: Fields): Pick<GivenParameters, 'think'> {
  const field = fieldOf(body, 'think');
  const { value } = field;
  if (value === undefined || value === '') return {};
  if (!isThink(value)) throw wrong(field, 'must be true, false, "low", "medium" or "high"');
  return { think: value };
}

function formatIn(body: Fields): OutputFormat | null {
  const field = fieldOf(body, 'format');
  const { value } = field;
  if (value === undefined || value === '') return null;
  if (!isOutputFormat(value)) throw wrong(field, 'must be "json" or a JSON Schema');
  return value;
}
