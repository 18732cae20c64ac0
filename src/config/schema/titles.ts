import { modelName } from '../parsers/model.js';
import { boolean, seconds } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const titles = {
  enabled: variable({
    name: 'TITLES',
    parser: boolean,
    default: 'true',
    description:
      'Whether the model gives a conversation its title after the first answer, while no answer is ' +
      'generated; false keeps the beginning of the first message.',
  }),
  model: optional({
    name: 'TITLE_MODEL',
    parser: modelName,
    unset: 'the model of the answer',
    example: 'llama2',
    description:
      'Model that is asked for titles. Another one than that of the answers has to be loaded for it.',
  }),
  idleMs: variable({
    name: 'TITLE_IDLE',
    parser: seconds({ min: 0, max: 86_400 }),
    default: '2',
    description:
      'How long no answer may have been generated, on any worker, before the model is asked for a ' +
      'title, in seconds.',
  }),
};
