import { parseDocument, type ParsedDocument } from './config-document.js';
import { isRecord } from './is-record.js';
import { closestName } from './misspellings.js';
import { JSON_VARIABLES, VARIABLE_NAMES } from './schema/index.js';
import { readTextFile } from './text-file.js';

interface ConfigFile {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Names have at most three parts (`a: {b: {c: …}}`); deeper nesting is a mistake or a cycle. */
const MAX_DEPTH = 6;
const NONE: ConfigFile = { values: {}, problems: [] };

/**
 * Reads a YAML or JSON file into the names of the environment: `ollama: {base_url: …}` is
 * `OLLAMA_BASE_URL`, `OLLAMA_BASE_URL: …` too. Lists become comma-separated text.
 *
 * @param required - whether a missing file is a problem
 */
export function readConfigFile(path: string, required: boolean): ConfigFile {
  const file = readTextFile(path);
  if ('text' in file)
    return flatten(parseDocument(file.text, path.toLowerCase().endsWith('.json')));
  if (file.missing && !required) return NONE;
  const name = required ? 'CONFIG_FILE' : 'config.yaml';
  return { ...NONE, problems: [`${name}: expected ${file.expected}`] };
}

function flatten(parsed: ParsedDocument): ConfigFile {
  if ('expected' in parsed) return wrong(parsed.expected);
  const { document } = parsed;
  if (!isRecord(document)) return wrong('a mapping of names to values');
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [path, value] of leaves(document, [])) {
    const name = nameOf(path);
    const problem = leafProblem(name, value, name in values);
    if (problem) problems.push(`${printable(path)} in the configuration file: ${problem}`);
    else values[name] = scalarText(value) ?? '';
  }
  return { values, problems };
}

/** `ollama.base-url` is `OLLAMA_BASE_URL`. */
const nameOf = (path: readonly string[]): string =>
  path.join('_').replaceAll('-', '_').toUpperCase();

const wrong = (expected: string): ConfigFile => ({
  ...NONE,
  problems: [`the configuration file: expected ${expected}`],
});

function leafProblem(name: string, value: unknown, given: boolean): string | null {
  if (!VARIABLE_NAMES.has(name) || name === 'CONFIG_FILE') {
    const closest = closestName(name);
    return `no such setting${closest ? `; did you mean ${closest}?` : ''}`;
  }
  if (given) return `expected ${name} only once`;
  return scalarText(value) === undefined
    ? 'expected text, a number, true or false, or a list'
    : null;
}

function* leaves(node: Readonly<Record<string, unknown>>, path: string[]): Generator<Leaf> {
  for (const [key, value] of Object.entries(node)) {
    const here = [...path, key];
    if (isRecord(value) && JSON_VARIABLES.has(nameOf(here))) yield [here, JSON.stringify(value)];
    else if (isRecord(value) && here.length < MAX_DEPTH) yield* leaves(value, here);
    else yield [here, value];
  }
}

type Leaf = [path: string[], value: unknown];

/** The value as text, as in the environment; undefined if it cannot be written as text. */
function scalarText(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item: unknown) => (Array.isArray(item) ? undefined : scalarText(item)));
  return items.every((item) => item !== undefined) ? items.join(',') : undefined;
}

/** A key that is safe to print in a log or a terminal. */
function printable(path: readonly string[]): string {
  return path
    .join('.')
    .replace(/[^\w.-]/g, '?')
    .slice(0, 100);
}
