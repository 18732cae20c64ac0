/** A value, or what was expected in its place: a phrase that follows the word "expected". */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

/**
 * Reads one value from the text that a person wrote; the text is trimmed and never empty. Paths in it
 * are relative to `cwd`.
 */
export interface Parser<T> {
  /** What it takes, for the tables and for problems: "a whole number from 0 to 65,535". */
  readonly expects: string;
  parse(text: string, cwd: string): Parsed<T>;
}

/** A parser whose every refusal is the same phrase; `read` gives undefined for what it refuses. */
export function parser<T>(
  expects: string,
  read: (text: string, cwd: string) => T | undefined,
): Parser<T> {
  return {
    expects,
    parse: (text, cwd) => {
      const value = read(text, cwd);
      return value === undefined ? { expected: expects } : { value };
    },
  };
}

/** The parts of a list that a person wrote with commas or one a line. */
export function listItems(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((item) => unquoted(item.trim()))
    .filter((item) => item !== '');
}

/** The same list of values with each item read by `item`; refused as a whole if one is. */
export function listOf<T>(
  expects: string,
  item: (text: string) => T | undefined,
): Parser<readonly T[]> {
  return parser<readonly T[]>(expects, (text) => {
    const values: T[] = [];
    for (const part of listItems(text)) {
      const value = item(part);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values.length > 0 ? values : undefined;
  });
}

/** One pair of quotation marks around all of it, with none of its kind inside. */
const QUOTED = /^(["'])([^]*)\1$/;

/**
 * A value without the quotation marks that a shell would have taken off: Docker's `--env-file` and
 * files of secrets leave them in.
 */
export function unquoted(text: string): string {
  const [, mark = '', inner = ''] = QUOTED.exec(text) ?? [];
  return mark === '' || inner.includes(mark) ? text : inner.trim();
}
