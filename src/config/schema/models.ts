import { modelName, modelNames } from '../parsers/model.js';
import { modelDefaults } from '../parsers/model-defaults.js';
import { boolean, decimal, integer } from '../parsers/scalars.js';
import { optional, optionalMap, variable, type ValuesOf } from '../variable.js';
import type { ModelServerName } from './model-servers.js';

export const models = {
  default: optional({
    name: 'MODEL_DEFAULT',
    parser: modelName,
    unset: 'OLLAMA_DEFAULT_MODEL; without Ollama the first model listed',
    example: 'llama2',
    description:
      'Model of requests that name no model, of any model server; it takes precedence over ' +
      'OLLAMA_DEFAULT_MODEL.',
  }),
  ollamaDefault: variable({
    name: 'OLLAMA_DEFAULT_MODEL',
    parser: modelName,
    default: 'llama2',
    description: 'Model of requests that name no model. The service never pulls it.',
  }),
  contextTokens: optional({
    name: 'OLLAMA_NUM_CTX',
    parser: integer(128, 10_000_000),
    unset: "the num_ctx of the Modelfile, else the model's context length up to 8,192",
    example: '8192',
    description:
      'Context size that the service requests, in tokens; a smaller num_ctx in the Modelfile of a model takes precedence. A larger context needs more memory.',
  }),
  defaultTemperature: variable({
    name: 'MODEL_DEFAULT_TEMPERATURE',
    parser: decimal(0, 1),
    default: '0.7',
    description: 'Temperature of requests that set none.',
  }),
  defaultMaxTokens: variable({
    name: 'MODEL_DEFAULT_MAX_TOKENS',
    parser: integer(1, 4096),
    default: '1000',
    description: 'max_tokens of requests that set none: the longest answer, in tokens.',
  }),
  defaultTopP: variable({
    name: 'MODEL_DEFAULT_TOP_P',
    parser: decimal(0, 1),
    default: '1.0',
    description: 'top_p of requests that set none.',
  }),
  defaults: optionalMap({
    name: 'MODEL_DEFAULTS',
    parser: modelDefaults,
    json: true,
    example: '{"llama2": {"system": "Be brief.", "parameters": {"temperature": 0.2}}}',
    description:
      'Defaults for single models, as JSON, or as a map in the configuration file: a system prompt for ' +
      'conversations without one, which they do not show, and parameters for requests and ' +
      'conversations that set none.',
  }),
  thinkTags: variable({
    name: 'MODEL_THINK_TAGS',
    parser: boolean,
    default: 'true',
    description:
      'Whether <think>…</think> at the head of an answer is thinking; false leaves it in the text.',
  }),
  allow: optional({
    name: 'MODEL_ALLOW',
    parser: modelNames,
    guards: true,
    unset: 'every local model',
    example: 'llama2,mistral',
    description:
      'Names of the models that clients may use, separated by commas. Cloud models of Ollama are ' +
      'refused unless they are listed here.',
  }),
};

/** With the configured model servers, in the order in which a name is looked for. */
export function modelsSettings(
  { ollamaDefault, ...values }: ValuesOf<typeof models>,
  servers: readonly ModelServerName[],
) {
  const ofOllama = servers.includes('ollama') ? ollamaDefault : null;
  return {
    ...values,
    servers,
    /** Null: the first model listed. */
    default: values.default ?? ofOllama,
    /** The variable that names the default, for messages. */
    defaultVariable: values.default === null ? 'OLLAMA_DEFAULT_MODEL' : 'MODEL_DEFAULT',
  };
}
