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
 * chats have here.
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
      [`${architecture}.context_length`]: model.contextLength ?? contextTokens,
    },
    capabilities: capabilities ?? model.capabilities ?? ['completion'],
    modified_at: model.modifiedAt,
  };
}
