import { isRecord } from '../is-record.js';
import { fullModelName, isModelName } from '../../domain/model-name.js';
import { areGivenParameters, type ModelDefaults } from '../../domain/model-parameters.js';
import { parser, type Parser } from './parser.js';

const LONGEST_SYSTEM = 10_000;

/** Defaults by the full names of models: `{"llama2": {"system": "…", "parameters": {…}}}`. */
export const modelDefaults: Parser<ReadonlyMap<string, ModelDefaults>> = parser(
  'a JSON object of model names, each with system (1 to 10,000 characters) and parameters as in requests',
  (text) => {
    const value = parsed(text);
    if (!isRecord(value)) return undefined;
    const defaults = new Map<string, ModelDefaults>();
    for (const [name, given] of Object.entries(value)) {
      const read = defaultsOf(given);
      const full = fullModelName(name);
      if (!read || !isModelName(name) || defaults.has(full)) return undefined;
      defaults.set(full, read);
    }
    return defaults;
  },
);

function defaultsOf(value: unknown): ModelDefaults | undefined {
  if (!isRecord(value)) return undefined;
  const { system = null, parameters = null, ...unknown } = value;
  if (Object.keys(unknown).length > 0) return undefined;
  if (system !== null && !isSystemPrompt(system)) return undefined;
  if (parameters === null) return { system, parameters };
  return isRecord(parameters) && areGivenParameters(parameters)
    ? { system, parameters }
    : undefined;
}

function isSystemPrompt(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && [...value].length <= LONGEST_SYSTEM;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
