import { modelName, modelNames } from '../parsers/model.js';
import { decimal, integer } from '../parsers/scalars.js';
import { optional, variable, type ValuesOf } from '../variable.js';

export const models = {
  default: variable({
    name: 'OLLAMA_DEFAULT_MODEL',
    parser: modelName,
    default: 'llama2',
    description: 'Model of requests that name none. It is never pulled by the service.',
  }),
  contextTokens: optional({
    name: 'OLLAMA_NUM_CTX',
    parser: integer(128, 10_000_000),
    unset: "the num_ctx of the Modelfile, else the model's own up to 8,192",
    example: '8192',
    description:
      'Context size to ask for, in tokens; a smaller num_ctx in the Modelfile of a model counts ' +
      'before it. A larger one takes more memory.',
  }),
  defaultTemperature: variable({
    name: 'MODEL_DEFAULT_TEMPERATURE',
    parser: decimal(0, 1),
    default: '0.7',
    description: 'Temperature of requests that give none.',
  }),
  defaultMaxTokens: variable({
    name: 'MODEL_DEFAULT_MAX_TOKENS',
    parser: integer(1, 4096),
    default: '1000',
    description: 'Longest answer, in tokens, of requests that give none.',
  }),
  defaultTopP: variable({
    name: 'MODEL_DEFAULT_TOP_P',
    parser: decimal(0, 1),
    default: '1.0',
    description: 'top_p of requests that give none.',
  }),
  allow: optional({
    name: 'MODEL_ALLOW',
    parser: modelNames,
    guards: true,
    unset: 'every local model',
    example: 'llama2,mistral',
    description:
      'Names of the models that may be used, separated by commas. Models that Ollama would ' +
      'send to a cloud are refused unless they are named here.',
  }),
};

/** With the kind of server that has the models: one adapter each. */
export function modelsSettings(values: ValuesOf<typeof models>) {
  return { provider: 'ollama' as const, ...values };
}
