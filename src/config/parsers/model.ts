import { isModelName } from '../../domain/model-name.js';
import { listOf, parser, type Parser } from './parser.js';

const LONGEST_NAME = 100;
const DURATION = /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;

const name = (text: string): string | undefined =>
  [...text].length <= LONGEST_NAME && !text.includes(',') && isModelName(text) ? text : undefined;

export const modelName: Parser<string> = parser(
  'the name of a model, up to 100 characters without spaces or commas',
  name,
);

export const modelNames: Parser<readonly string[]> = listOf(
  'names of models, separated by commas',
  name,
);

/**
 * Ollama's `keep_alive`. Its API accepts text only with a unit, its own variable also bare seconds:
 * a unit is added to these here.
 */
export const keepAlive: Parser<string> = parser(
  'a duration like 5m or 1h30m, seconds, or -1 (forever)',
  (text) => {
    if (/^-?\d+$/.test(text)) return `${text}s`;
    return DURATION.test(text) ? text : undefined;
  },
);
