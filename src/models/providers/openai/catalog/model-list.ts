import { isModelName } from '../../../../domain/model-name.js';
import type { Vocabulary } from '../../../../domain/model.js';
import { isRecord } from '../../../transport/json.js';
import { unusable } from '../../../transport/server-failure.js';

/** A model as `GET /models` lists it. */
export interface ListedModel {
  /** Exactly as the server writes it. */
  name: string;
  /** ISO 8601, UTC; the beginning of 1970 where the server does not say. */
  modifiedAt: string;
  sizeBytes: number | null;
  /** The context that the server gives it, in tokens. */
  contextLength: number | null;
  capabilities: string[] | null;
  /** Capabilities of which the list says nothing. */
  unsaid: string[];
  canChat: boolean;
  vocabulary: Vocabulary;
}

/** Models of an answer, and the number of unusable ones. */
export interface ModelList {
  models: ListedModel[];
  left: number;
}

/** Maximum of models that are read of a list. */
export const MOST_MODELS = 5_000;
const MAX_NAME = 100;
const LARGEST_SMALL_VOCABULARY = 65_536;
const LARGEST_CONTEXT = 2 ** 31 - 1;
const LATEST_SECOND = 253_402_300_799;

/** @throws ServerFailure `unusable` when it is not a list of models. */
export function readModels(answer: Record<string, unknown>): ModelList {
  const { data } = answer;
  if (!Array.isArray(data)) throw unusable('The list of models is not a list');
  const models = data.slice(0, MOST_MODELS).filter(isRecord).flatMap(readModel);
  return { models, left: data.length - models.length };
}

function readModel(entry: Record<string, unknown>): ListedModel[] {
  const { id: name, created, meta } = entry;
  if (typeof name !== 'string' || !isUsableName(name)) return [];
  const ofMeta = isRecord(meta) ? meta : {};
  const seconds = wholeNumber(created, LATEST_SECOND) ?? 0;
  return [
    {
      name,
      modifiedAt: new Date(seconds * 1000).toISOString(),
      sizeBytes: wholeNumber(ofMeta.size, Number.MAX_SAFE_INTEGER) || null,
      contextLength: contextLength([entry.max_model_len, ofMeta.n_ctx, entry.context_length]),
      ...capabilitiesOf(entry),
      vocabulary: vocabularyOf(ofMeta.n_vocab),
    },
  ];
}

function vocabularyOf(size: unknown): Vocabulary {
  const tokens = wholeNumber(size, LARGEST_CONTEXT) ?? Infinity;
  return tokens > 0 && tokens <= LARGEST_SMALL_VOCABULARY ? 'small' : 'large';
}

function isUsableName(name: string): boolean {
  return name.length <= 2 * MAX_NAME && [...name].length <= MAX_NAME && isModelName(name);
}

function contextLength(values: readonly unknown[]): number | null {
  return values.map((value) => wholeNumber(value, LARGEST_CONTEXT)).find((value) => value) ?? null;
}

/** Parameters that a server says it takes, and what takes them. */
const BY_PARAMETER = [
  ['tools', 'tools'],
  ['reasoning', 'thinking'],
] as const;

/** Lists say which kinds of input a model takes, some also which parameters. */
function capabilitiesOf(
  entry: Record<string, unknown>,
): Pick<ListedModel, 'capabilities' | 'unsaid' | 'canChat'> {
  const architecture = isRecord(entry.architecture) ? entry.architecture : {};
  const inputs = words(entry.input_modalities) ?? words(architecture.input_modalities);
  const outputs = words(entry.output_modalities) ?? words(architecture.output_modalities);
  const parameters = words(entry.supported_parameters);
  const canChat = outputs?.includes('text') ?? true;
  if (inputs === null && parameters === null) return { capabilities: null, unsaid: [], canChat };
  const taken = BY_PARAMETER.filter(([parameter]) => parameters?.includes(parameter));
  return {
    capabilities: [
      'completion',
      ...(inputs?.includes('image') ? ['vision'] : []),
      ...taken.map(([, capability]) => capability),
    ],
    unsaid: [
      ...(inputs === null ? ['vision'] : []),
      ...(parameters === null ? BY_PARAMETER.map(([, capability]) => capability) : []),
    ],
    canChat,
  };
}

function words(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.filter((word) => typeof word === 'string');
}

function wholeNumber(value: unknown, most: number): number | null {
  const usable = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return usable && value <= most ? value : null;
}
