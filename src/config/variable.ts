import type { Parsed, Parser } from './parsers/parser.js';

interface Documented {
  /** As it stands in the environment: `OLLAMA_TIMEOUT`. */
  readonly name: string;
  /** What it does, one or two sentences for docs/configuration.md and `.env.example`. */
  readonly description: string;
  /** A value to show where there is no default. */
  readonly example?: string;
  /** Its values never leave the settings, not even as an example. */
  readonly secret?: boolean;
  /** Unset, it opens something: `None` and `null` are refused as any wrong value is. */
  readonly guards?: boolean;
  /** The secret that is read from the file which this variable names. */
  readonly readsFileFor?: string;
}

/** One thing that the service can be told. */
export interface Variable<T> extends Documented {
  /** The default as a person would write it, or a phrase in words; null where there is none. */
  readonly defaultText: string | null;
  /** The default's value. */
  readonly fallback: T;
  /** A phrase that follows "expected". */
  readonly expects: string;
  parse(text: string): Parsed<T>;
}

interface Spec<T> extends Documented {
  readonly parser: Parser<T>;
}

/** A variable with a default, written as a person would write it. */
export function variable<T>(spec: Spec<T> & { readonly default: string }): Variable<T> {
  const { parser: inner, default: defaultText, ...documented } = spec;
  const parsed = inner.parse(defaultText);
  if (!('value' in parsed)) throw new Error(`The default of ${spec.name} is not ${inner.expects}`);
  return { ...documented, defaultText, fallback: parsed.value, ...inner };
}

/** A variable that may be unset: null. `unset` says in words what happens then. */
export function optional<T>(spec: Spec<T> & { readonly unset?: string }): Variable<T | null> {
  const { parser: inner, unset = null, ...documented } = spec;
  return { ...documented, defaultText: unset, fallback: null, ...inner };
}
