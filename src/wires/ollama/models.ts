import { createHash } from 'node:crypto';
import type { ModelInfo, ModelProfile } from '../../domain/model.js';

/** The version of Ollama whose API this is; clients ask for it before they use what is newer. */
export const OLLAMA_VERSION = '0.17.4';

/** A model in `/api/tags`. */
export function toTag(model: ModelInfo) {
  return {
    name: model.name,
    model: model.name,
    modified_at: model.modifiedAt,
    size: model.sizeBytes,
    digest: digestOf(model),
    details: toDetails(model),
  };
}

/** Ollama's own is not known here; this one changes with the model, too. The command line shows 12 characters. */
function digestOf({ name, modifiedAt, sizeBytes }: ModelInfo): string {
  return createHash('sha256')
    .update(JSON.stringify([name, modifiedAt, sizeBytes]))
    .digest('hex');
}

function toDetails({ family, parameterSize, quantization }: ModelInfo) {
  return {
    parent_model: '',
    format: '',
    family: family ?? '',
    families: family === null ? [] : [family],
    parameter_size: parameterSize ?? '',
    quantization_level: quantization ?? '',
  };
}

/**
 * The answer of `/api/show`. Of the definition of a model nothing is shown but the context window that its
 * chats have here. The command line fails without one of these numbers: 0 is one that is not known.
 */
export function toShown(model: ModelInfo, { contextTokens, capabilities }: ModelProfile) {
  const architecture = model.family ?? 'unknown';
  return {
    modelfile: '',
    parameters: `num_ctx ${String(contextTokens)}`,
    template: '',
    details: toDetails(model),
    model_info: {
      'general.architecture': architecture,
      'general.parameter_count': parameterCountOf(model.parameterSize),
      [`${architecture}.context_length`]: model.contextLength ?? contextTokens,
      [`${architecture}.embedding_length`]: 0,
    },
    capabilities: capabilities ?? model.capabilities ?? ['completion'],
    modified_at: model.modifiedAt,
  };
}

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/** Of `8.0B`, say. */
function parameterCountOf(size: string | null): number {
  const [, count = '0', unit = ''] = /^(\d+(?:\.\d+)?)([KMBT])$/.exec(size ?? '') ?? [];
  return Math.round(Number(count) * (UNITS[unit] ?? 1));
}
