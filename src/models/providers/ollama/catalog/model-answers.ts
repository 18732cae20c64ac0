import type { ModelInfo } from '../../../../domain/model.js';
import { isRecord } from '../transport/chat-line.js';
import { nonsense } from '../transport/ollama-errors.js';

/** A model as `GET /api/tags` lists it. */
export interface TaggedModel extends Omit<ModelInfo, 'contextLength'> {
  /** Changes with the model's content. */
  digest: string;
  /** Proxied by Ollama to another host. */
  remote: boolean;
}

/** What `POST /api/show` adds. */
export interface ModelDetails {
  /** Longest context the model was made for, in tokens. */
  contextLength: number | null;
  remote: boolean;
}

/** @throws AppError `model_unavailable` when it is no list of models. */
export function readTags(answer: Record<string, unknown>): TaggedModel[] {
  const { models } = answer;
  // Ollama without a single model says null.
  if (models === null) return [];
  if (!Array.isArray(models)) throw nonsense('The list of models is none');
  return models.filter(isRecord).flatMap(readTag);
}

function readTag(tag: Record<string, unknown>): TaggedModel[] {
  const name = text(tag.name) ?? text(tag.model);
  if (name === null) return [];
  const details = isRecord(tag.details) ? tag.details : {};
  const modifiedAt = utc(tag.modified_at);
  return [
    {
      name,
      modifiedAt,
      sizeBytes: typeof tag.size === 'number' && tag.size > 0 ? tag.size : 0,
      family: text(details.family),
      parameterSize: text(details.parameter_size),
      quantization: text(details.quantization_level),
      digest: text(tag.digest) ?? `${name} ${modifiedAt}`,
      remote: isRemote(tag),
    },
  ];
}

export function readDetails(answer: Record<string, unknown>): ModelDetails {
  return { contextLength: contextLength(answer.model_info), remote: isRemote(answer) };
}

function contextLength(info: unknown): number | null {
  if (!isRecord(info)) return null;
  const architecture = text(info['general.architecture']) ?? '';
  const length = info[`${architecture}.context_length`];
  return typeof length === 'number' && Number.isInteger(length) && length > 0 ? length : null;
}

const isRemote = (answer: Record<string, unknown>): boolean =>
  text(answer.remote_host) !== null || text(answer.remote_model) !== null;

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Ollama writes nanoseconds and a local offset; the API speaks UTC. */
function utc(time: unknown): string {
  const date = new Date(typeof time === 'string' ? time : 0);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}
