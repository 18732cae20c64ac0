import type { Parsed, Parser } from './parsers/parser.js';
import { path } from './parsers/scalars.js';

interface Documented {
  /** Its name in the environment: `OLLAMA_TIMEOUT`. */
  readonly name: string;
  /** Its effect, in one or two sentences for docs/configuration.md and `.env.example`. */
  readonly description: string;
  /** A value for the documentation if there is no default. */
  readonly example?: string;
  /** Its value is a JSON object, which the configuration file holds as a map. */
  readonly json?: boolean;
  /** Its values are never printed, not even as an example. */
  readonly secret?: boolean;
  /** Unset, it grants access: `None` and `null` are refused like any invalid value. */
  readonly guards?: boolean;
}

/** One variable of the configuration. */
export interface Variable<T> extends Documented {
  /** Whether it may be unset: it has no default value. */
  readonly optional: boolean;
  /** The default as text; for an optional variable a phrase, or null. */
  readonly defaultText: string | null;
  /** A phrase that follows "expected". */
  readonly expects: string;
  /** `API_KEYS_FILE` of `API_KEYS`: names the file that holds the value. */
  readonly fileVariable?: Variable<string | null>;
  /** The name of the secret that is read from the file which this variable names. */
  readonly readsFileFor?: string;
  parse(text: string, cwd: string): Parsed<T>;
  /** The value of the default. */
  fallback(cwd: string): T;
}

/** Variables by the name of the setting that each becomes. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

/** The settings of these variables: a field for each, with the type of its parser's value. */
export type ValuesOf<Schema extends Variables> = {
  readonly [Name in keyof Schema]: Schema[Name] extends Variable<infer T> ? T : never;
};

interface Spec<T> extends Documented {
  readonly parser: Parser<T>;
  /** What applies while it is unset, as a phrase. */
  readonly unset?: string;
  /** Description of the variable `<name>_FILE`, which names a file with the value. */
  readonly inFile?: string;
}

/** A variable with a default, given as text. */
export function variable<T>(spec: Spec<T> & { readonly default: string }): Variable<T> {
  const { default: defaultText, ...rest } = spec;
  const fallback = (cwd: string): T => {
    const parsed = spec.parser.parse(defaultText, cwd);
    if ('value' in parsed) return parsed.value;
    throw new Error(`The default of ${spec.name} is not ${spec.parser.expects}`);
  };
  return { defaultText, ...make(rest), optional: spec.unset !== undefined, fallback };
}

/** A variable that may be unset: null. */
export function optional<T>(spec: Spec<T>): Variable<T | null> {
  return { defaultText: null, ...make<T | null>(spec), optional: true, fallback: () => null };
}

/** A variable that may be unset: an empty list. */
export function optionalList<T>(spec: Spec<readonly T[]>): Variable<readonly T[]> {
  return { defaultText: null, ...make(spec), optional: true, fallback: () => [] };
}

/** A variable that may be unset: an empty map. */
export function optionalMap<T>(
  spec: Spec<ReadonlyMap<string, T>>,
): Variable<ReadonlyMap<string, T>> {
  return { defaultText: null, ...make(spec), optional: true, fallback: () => new Map() };
}

function make<T>({ parser, unset, inFile, ...documented }: Spec<T>) {
  return {
    ...documented,
    ...parser,
    ...(unset !== undefined && { defaultText: unset }),
    ...(inFile !== undefined && { fileVariable: fileVariableOf(documented, inFile) }),
  };
}

function fileVariableOf(
  { name, guards = false }: Documented,
  description: string,
): Variable<string | null> {
  const spec = { name: `${name}_FILE`, description, guards, parser: path('file') };
  const example = `/run/secrets/${name.toLowerCase()}`;
  return { ...optional({ ...spec, example }), readsFileFor: name };
}
