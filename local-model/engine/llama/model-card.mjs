import { stat } from 'node:fs/promises';
import { TEMPLATE } from './prompt.mjs';

/**
 * SmolLM2-135M-Instruct, as Ollama would list and show it.
 *
 * @param {string} file
 * @param {string} sha256
 * @param {number} contextSize
 * @returns {Promise<import('../engine.mjs').ModelCard>}
 */
export async function modelCard(file, sha256, contextSize) {
  const { size, mtime } = await stat(file);
  return {
    name: 'smollm2:135m',
    digest: sha256,
    size,
    modifiedAt: mtime.toISOString(),
    details: {
      format: 'gguf',
      family: 'llama',
      parameterSize: '134.52M',
      quantization: 'Q4_1',
    },
    info: {
      'general.architecture': 'llama',
      'general.basename': 'smollm2',
      'general.license': 'apache-2.0',
      'general.organization': 'HuggingFaceTB',
      'general.parameter_count': 134_515_008,
      'general.size_label': '135M',
      'llama.context_length': contextSize,
      'llama.embedding_length': 576,
      'llama.vocab_size': 49_152,
    },
    template: TEMPLATE,
    license: 'Apache-2.0',
  };
}
