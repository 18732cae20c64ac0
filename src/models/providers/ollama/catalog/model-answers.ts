import { isModelName } from '../../../../domain/model-name.js';
import type { ModelInfo, Vocabulary } from '../../../../domain/model.js';
import { isRecord } from '../../../transport/json.js';
import { unusable } from '../../../transport/server-failure.js';
import { readParameters, type ModelfileParameters } from './modelfile-parameters.js';

/** A model as `GET /api/tags` lists it. */
export interface TaggedModel extends Omit<
  ModelInfo,
  'provider' | 'contextLength' | 'capabilities'
> {
  /** Changes with the model's content; null if the list has no digest. */
  digest: string | null;
  /** Proxied by Ollama to another host. */
  remote: boolean;
}

/** What `POST /api/show` adds. */
export interface ModelDetails extends ModelfileParameters {
  /**
   * Where the model runs: on Ollama's host, or on another host to which Ollama forwards requests.
   */
  origin: 'here' | 'elsewhere' | 'unknown';
  /** With an unknown origin: why there are no details. */
  failure?: unknown;
  /** Longest context that the model was trained for, in tokens. */
  contextLength: number | null;
  /** Such as `completion`, `embedding`, `vision`, `tools`, `thinking`. */
  capabilities: string[] | null;
  vocabulary: Vocabulary;
}

/** Maximum of models that are read of a list. */
export const MOST_MODELS = 5_000;
const MAX_NAME = 100;
const MAX_LABEL = 60;
const MAX_CAPABILITIES = 20;
const MAX_DIGEST = 100;
const LARGEST_SMALL_VOCABULARY = 65_536;

/** Models of an answer, and the number of unusable ones. */
export interface ModelTags {
  models: TaggedModel[];
  left: number;
}

/** @throws ServerFailure `unusable` when it is not a list of models. */
export function readTags(answer: Record<string, unknown>): ModelTags {
  const { models } = answer;
  // Ollama without models sends null.
  if (models === null) return { models: [], left: 0 };
  if (!Array.isArray(models)) throw unusable('The list of models is not a list');
  const read = models.slice(0, MOST_MODELS).filter(isRecord).flatMap(readTag);
  return { models: read, left: models.length - read.length };
}

function readTag(tag: Record<string, unknown>): TaggedModel[] {
  const name = tag.name === undefined || tag.name === '' ? tag.model : tag.name;
  if (typeof name !== 'string' || !isUsableName(name)) return [];
  const details = isRecord(tag.details) ? tag.details : {};
  return [
    {
      name,
      modifiedAt: utc(tag.modified_at),
      sizeBytes: wholeNumber(tag.size, Number.MAX_SAFE_INTEGER) ?? 0,
      family: label(details.family),
      parameterSize: label(details.parameter_size),
      quantization: label(details.quantization_level),
      digest: label(tag.digest, MAX_DIGEST),
      remote: isRemote(tag),
    },
  ];
}

/** Identity of the model behind a name: it changes with the content of the model. */
export const contentOf = ({ digest, name, modifiedAt }: TaggedModel): string =>
  // Some servers give all models the same digest.
  `${digest ?? modifiedAt} ${name}`;

/** Whether a chat may use this name. */
function isUsableName(name: string): boolean {
  return name.length <= 2 * MAX_NAME && [...name].length <= MAX_NAME && isModelName(name);
}

export function readDetails(answer: Record<string, unknown>): ModelDetails {
  return {
    origin: originOf(answer),
    contextLength: contextLength(answer.model_info),
    capabilities: capabilities(answer.capabilities),
    vocabulary: vocabulary(answer.model_info),
    ...readParameters(answer.parameters),
  };
}

/** An answer without details, such as `{}`, does not show that the model runs here. */
function originOf(answer: Record<string, unknown>): ModelDetails['origin'] {
  if (isRemote(answer)) return 'elsewhere';
  const { details, model_info: info, capabilities: words, modelfile, template } = answer;
  const hasDetails =
    isRecord(details) ||
    isRecord(info) ||
    Array.isArray(words) ||
    isText(modelfile) ||
    isText(template);
  return hasDetails && !('error' in answer) ? 'here' : 'unknown';
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

function contextLength(info: unknown): number | null {
  return wholeNumber(ofArchitecture(info, 'context_length'), 2 ** 31 - 1) || null;
}

/** Without a size: SentencePiece vocabularies had 32,000 tokens, except Gemma's with 256,000. */
function vocabulary(info: unknown): Vocabulary {
  const size = wholeNumber(ofArchitecture(info, 'vocab_size'), 2 ** 31 - 1);
  if (size) return size <= LARGEST_SMALL_VOCABULARY ? 'small' : 'large';
  if (!isRecord(info) || info['tokenizer.ggml.model'] !== 'llama') return 'large';
  return /^gemma/.test(String(info['general.architecture'])) ? 'large' : 'small';
}

/** A field of the model's own architecture, such as `llama.context_length`. */
function ofArchitecture(info: unknown, field: string): unknown {
  if (!isRecord(info)) return undefined;
  const architecture = info['general.architecture'];
  return typeof architecture === 'string' ? info[`${architecture}.${field}`] : undefined;
}

/** Null if the server sends no value or an invalid one. */
function capabilities(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null;
  const words = value.slice(0, MAX_CAPABILITIES).filter(isCapability);
  return words.length === 0 ? null : [...new Set(words)];
}

function isCapability(word: unknown): word is string {
  return typeof word === 'string' && /^[a-z][a-z0-9_-]{0,39}$/i.test(word);
}

/** Any value counts, even an invalid one, so that no prompt is sent to another host by mistake. */
function isRemote(answer: Record<string, unknown>): boolean {
  return [answer.remote_host, answer.remote_model].some(
    (value) => value !== undefined && value !== null && value !== '',
  );
}

/** The value if it is a short printable text, else null. */
function label(value: unknown, longest = MAX_LABEL): string | null {
  if (typeof value !== 'string' || value === '' || value.length > longest) return null;
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(value) ? null : value;
}

function wholeNumber(value: unknown, most: number): number | null {
  const usable = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return usable && value <= most ? value : null;
}

/** Ollama writes nanoseconds and a local offset; the API speaks UTC, and years of four digits. */
function utc(time: unknown): string {
  const date = new Date(typeof time === 'string' && time.length <= 64 ? time : 0);
  const year = date.getUTCFullYear();
  return (year >= 0 && year <= 9999 ? date : new Date(0)).toISOString();
}
