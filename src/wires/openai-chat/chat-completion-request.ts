import type { StatelessCommand } from '../../chat/stateless-command.js';
import { isSchema } from '../../domain/json-schema.js';
import type { OutputFormat } from '../../domain/model.js';
import { PARAMETER_RANGES, type GivenParameters } from '../../domain/model-parameters.js';
import {
  booleanIn,
  isFields,
  isGiven,
  listIn,
  numberIn,
  refused,
  textIn,
  type Fields,
} from '../given-fields.js';
import { thinkOf } from '../openai-efforts.js';
import { readMessages } from './given-messages.js';
import { readTools } from './given-tools.js';

/** What of a request decides about the answer. */
export interface ChatCompletionRequest extends Pick<
  StatelessCommand,
  'model' | 'messages' | 'images' | 'given' | 'maxTokens' | 'format' | 'tools' | 'calls'
> {
  stream: boolean;
  /** Whether the stream says at its end what was counted. */
  includeUsage: boolean;
}

const MOST_STOPS = 16;
const TOKENS = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER, isInteger: true };

/** What a body asks; unknown fields are ignored. Throws `validation` where silence would deceive. */
export async function readChatCompletion(body: Fields): Promise<ChatCompletionRequest> {
  refuseUnsupported(body);
  const format = readFormat(body.response_format);
  const { tools, calls } = readTools(body);
  if (format !== null && tools.length > 0)
    throw refused(
      'response_format',
      'cannot be given with tools that may be called: a model that follows a format calls none',
    );
  const options = isFields(body.stream_options) ? body.stream_options : {};
  return {
    model: textIn(body, 'model') ?? null,
    ...(await readMessages(body)),
    given: readParameters(body),
    maxTokens:
      numberIn(body, 'max_completion_tokens', TOKENS) ??
      numberIn(body, 'max_tokens', TOKENS) ??
      null,
    format,
    tools,
    calls,
    stream: booleanIn(body, 'stream') ?? false,
    includeUsage: options.include_usage === true,
  };
}

/** Fields that change the answer in a way that this service does not have. */
function refuseUnsupported(body: Fields): void {
  const only = (field: string, isFine: boolean, message: string): void => {
    if (isGiven(body[field]) && !isFine) throw refused(field, message);
  };
  only('n', body.n === 1, 'must be 1: this service makes one answer');
  only('logprobs', body.logprobs === false, 'is not supported');
  only('top_logprobs', body.top_logprobs === 0, 'is not supported');
  only('logit_bias', isEmpty(body.logit_bias), 'is not supported');
  only('audio', false, 'is not supported');
  only('modalities', isTextAlone(body.modalities), 'must be text alone');
  only('web_search_options', false, 'is not supported');
}

function isEmpty(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}

function isTextAlone(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => item === 'text');
}

function readParameters(body: Fields): GivenParameters {
  const { top_p: topP, seed, presence_penalty, frequency_penalty } = PARAMETER_RANGES;
  const given = {
    temperature: numberIn(body, 'temperature', { minimum: 0, maximum: 2 }),
    top_p: numberIn(body, 'top_p', topP),
    seed: numberIn(body, 'seed', seed),
    presence_penalty: numberIn(body, 'presence_penalty', presence_penalty),
    frequency_penalty: numberIn(body, 'frequency_penalty', frequency_penalty),
    stop: readStop(body),
    think: thinkOf(body.reasoning_effort, 'reasoning_effort'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readStop(body: Fields): readonly string[] | undefined {
  const { stop } = body;
  if (typeof stop === 'string') return stop === '' ? undefined : [stop];
  const list = listIn(body, 'stop');
  const texts = list?.filter((item) => typeof item === 'string' && item !== '') ?? [];
  if (list && (texts.length < list.length || list.length > MOST_STOPS))
    throw refused('stop', `must be a string, or a list of at most ${String(MOST_STOPS)} strings`);
  return list ? texts.map(String) : undefined;
}

function readFormat(format: unknown): OutputFormat | null {
  if (!isGiven(format)) return null;
  const type = isFields(format) ? format.type : null;
  if (type === 'text') return null;
  if (type === 'json_object') return 'json';
  const schema =
    isFields(format) && isFields(format.json_schema) ? format.json_schema.schema : null;
  if (type === 'json_schema' && isSchema(schema)) return schema;
  throw refused(
    'response_format',
    'must be of type text, json_object, or json_schema with a JSON Schema',
  );
}
