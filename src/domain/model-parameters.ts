import { isSchema } from './json-schema.js';
import { THINK_LEVELS, type OutputFormat, type Think } from './model.js';

/** The numbers among the parameters of a model, by their names in the API: both ends are included. */
export const PARAMETER_RANGES = {
  temperature: { minimum: 0, maximum: 1 },
  max_tokens: { minimum: 1, maximum: 4096, isInteger: true },
  top_p: { minimum: 0, maximum: 1 },
  seed: { minimum: -(2 ** 31), maximum: 2 ** 32 - 1, isInteger: true },
  top_k: { minimum: 0, maximum: 1000, isInteger: true },
  min_p: { minimum: 0, maximum: 1 },
  repeat_penalty: { minimum: 0, maximum: 2 },
  presence_penalty: { minimum: -2, maximum: 2 },
  frequency_penalty: { minimum: -2, maximum: 2 },
} as const satisfies Record<string, ParameterRange>;

interface ParameterRange {
  minimum: number;
  maximum: number;
  isInteger?: boolean;
}

export const STOP_LIMITS = { maxItems: 16, maxLength: 100 };

/** Parameters of a model by their names in the API; only those that were set. */
export type GivenParameters = { readonly [Name in keyof typeof PARAMETER_RANGES]?: number } & {
  readonly stop?: readonly string[];
  readonly think?: Think;
  readonly format?: OutputFormat;
};

/** What the operator sets for a model. */
export interface ModelDefaults {
  /** Told to the model where a conversation has no system prompt. */
  readonly system: string | null;
  readonly parameters: GivenParameters | null;
}

const THINK: readonly unknown[] = [true, false, ...THINK_LEVELS] satisfies Think[];

export function isThink(value: unknown): value is Think {
  return THINK.includes(value);
}

export function isOutputFormat(value: unknown): value is OutputFormat {
  return value === 'json' || isSchema(value);
}

/** Whether these are parameters that a request could have, each in its range. */
export function areGivenParameters(
  parameters: Readonly<Record<string, unknown>>,
): parameters is GivenParameters {
  return Object.entries(parameters).every(([name, value]) => isParameter(name, value));
}

function isParameter(name: string, value: unknown): boolean {
  if (name === 'think') return isThink(value);
  if (name === 'format') return isOutputFormat(value);
  if (name === 'stop') return isStopList(value);
  const ranges: Readonly<Record<string, ParameterRange>> = PARAMETER_RANGES;
  const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
  if (!range || typeof value !== 'number' || !Number.isFinite(value)) return false;
  const { minimum, maximum, isInteger = false } = range;
  return value >= minimum && value <= maximum && (!isInteger || Number.isInteger(value));
}

function isStopList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= STOP_LIMITS.maxItems &&
    value.every(
      (item) =>
        typeof item === 'string' && item !== '' && [...item].length <= STOP_LIMITS.maxLength,
    )
  );
}
