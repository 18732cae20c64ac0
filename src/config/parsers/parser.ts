/** A value, or what was expected instead: a phrase that follows the word "expected". */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

/**
 * Reads one value from the text of a variable; the text is trimmed and never empty. Paths in it are
 * relative to `cwd`.
 */
export interface Parser<T> {
  /**
   * What it accepts, for the documentation and for error messages: "a whole number from 0 to
   * 65,535".
   */
  readonly expects: string;
  parse(text: string, cwd: string): Parsed<T>;
}

/** A parser that always reports the same phrase; `read` returns undefined for invalid text. */
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

/** The items of a list that is separated by commas or has one item per line. */
export function listItems(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((item) => unquoted(item.trim()))
    .filter((item) => item !== '');
}

/** A list whose items are read by `item`; invalid as a whole if one item is. */
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

/** One pair of quotation marks around the text, without the same mark inside. */
const QUOTED = /^(["'])([^]*)\1$/;

/**
 * A value without the quotation marks that a shell would have removed: Docker's `--env-file` and
 * files of secrets contain them.
 */
export function unquoted(text: string): string {
  const [, mark = '', inner = ''] = QUOTED.exec(text) ?? [];
  return mark === '' || inner.includes(mark) ? text : inner.trim();
}
