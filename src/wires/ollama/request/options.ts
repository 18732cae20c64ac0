import type { GivenParameters } from '../../../domain/model-parameters.js';
import { fieldOf, listOf, objectOf, wrong, type Field, type Fields } from './fields.js';

/** What `options` asks for. */
export interface ReadOptions {
  given: GivenParameters;
  /** Tokens that the answer may have; null: what the context leaves. */
  maxTokens: number | null;
  /** The context window that the client wants at most, in tokens; null: ours. */
  contextTokens: number | null;
}

/** Ollama's names of numbers, by ours. It has no bounds for them but those of their types. */
const REALS = {
  temperature: 'temperature',
  top_p: 'top_p',
  min_p: 'min_p',
  repeat_penalty: 'repeat_penalty',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
} as const;
const INTEGERS = { seed: 'seed', top_k: 'top_k' } as const;

const SMALLEST = -(2 ** 31);
/** Seeds are unsigned where a model is asked. */
const LARGEST = 2 ** 32 - 1;

/** Options that Ollama does not know, or that set up its machine, are ignored. */
export function readOptions(field: Field): ReadOptions {
  const options = objectOf(field) ?? {};
  const numPredict = integerOf(fieldOf(options, 'num_predict', field.path));
  const numCtx = integerOf(fieldOf(options, 'num_ctx', field.path));
  const stop = stopOf(options, field.path);
  return {
    given: {
      ...numbersIn(options, field.path, REALS, realOf),
      ...numbersIn(options, field.path, INTEGERS, integerOf),
      ...(stop && { stop }),
    },
    // Ollama's -1 (endless), -2 (what the context leaves) and 0 are no bound.
    maxTokens: positive(numPredict),
    contextTokens: positive(numCtx),
  };
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null;
}

function numbersIn<Name extends string>(
  options: Fields,
  path: string,
  names: Readonly<Record<Name, Name>>,
  read: (field: Field) => number | null,
): Partial<Record<Name, number>> {
  const found: Partial<Record<Name, number>> = {};
  for (const name in names) {
    const value = read(fieldOf(options, name, path));
    if (value !== null) found[name] = value;
  }
  return found;
}

function realOf(field: Field): number | null {
  const { value } = field;
  if (value === undefined) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(field, 'must be a number');
  return value;
}

/** Ollama cuts what stands behind the point. */
function integerOf(field: Field): number | null {
  const real = realOf(field);
  if (real === null) return null;
  if (real < SMALLEST || real > LARGEST)
    throw wrong(field, `must be a whole number from ${String(SMALLEST)} to ${String(LARGEST)}`);
  return Math.trunc(real);
}

/** Ollama takes a list only; an empty word would end each answer at once. */
function stopOf(options: Fields, path: string): string[] | null {
  const words = listOf(fieldOf(options, 'stop', path)).map((item) => {
    if (typeof item.value !== 'string' || item.value === '')
      throw wrong(item, 'must be a text that is not empty');
    return item.value;
  });
  return words.length > 0 ? words : null;
}
