import { modelNames } from '../parsers/model.js';
import { decimal, integer } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const models = {
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
