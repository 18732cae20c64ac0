import { unquoted, type Parsed } from './parsers/parser.js';
import type { Source } from './sources.js';
import { readTextFile } from './text-file.js';
import type { ValuesOf, Variable, Variables } from './variable.js';

/** Words that may mean "unset", or may come from a failed substitution of a secret. */
const NOTHING = /^(none|null)$/i;

interface Found {
  readonly text: string;
  /** The source of the value, as the end of a problem's line. */
  readonly where: string;
}

/**
 * Reads variables from their sources. A wrong one is recorded in `problems` and read as its
 * default, so that one pass finds all problems.
 */
export class Reader {
  readonly problems: string[] = [];
  private readonly wrong = new Set<string>();
  private readonly cwd: string;
  private readonly sources: readonly Source[];

  constructor(sources: readonly Source[], cwd: string) {
    this.sources = sources;
    this.cwd = cwd;
  }

  /** Whether it is set, to a valid or invalid value. */
  isGiven(variable: Variable<unknown>): boolean {
    const names = [variable.name, variable.fileVariable?.name];
    return this.sources.some(({ values }) => names.some((name) => name && values.has(name)));
  }

  /** Whether its text was invalid: its value is then the default and must not be used in checks. */
  isWrong(variable: Variable<unknown>): boolean {
    return this.wrong.has(variable.name);
  }

  read<T>(variable: Variable<T>): T {
    const found = this.find(variable);
    if (!found) return variable.fallback(this.cwd);
    const parsed = this.parse(variable, found.text);
    if ('value' in parsed) return parsed.value;
    this.refuse(variable, `${variable.name}: expected ${parsed.expected} (${found.where})`);
    return variable.fallback(this.cwd);
  }

  /** The values of a namespace. */
  readAll<Schema extends Variables>(schema: Schema): ValuesOf<Schema> {
    const values = Object.entries(schema).map(([name, variable]) => [name, this.read(variable)]);
    return Object.fromEntries(values) as ValuesOf<Schema>;
  }

  private parse<T>(variable: Variable<T>, text: string): Parsed<T> {
    if (!variable.guards || !NOTHING.test(text)) return variable.parse(text, this.cwd);
    return { expected: `${variable.expects}; leave it empty for none` };
  }

  /** The first source that has the value or the file with the value is used. */
  private find(variable: Variable<unknown>): Found | null {
    const file = variable.fileVariable;
    for (const { label, values } of this.sources) {
      const text = values.get(variable.name);
      const path = file && values.get(file.name);
      const where = `set in ${label}`;
      if (file && path !== undefined && text !== undefined) {
        const line = `${variable.name}: expected either it or ${file.name}, not both (${where})`;
        return this.refuse(variable, line);
      }
      if (text !== undefined) return { text, where };
      if (file && path !== undefined) return this.readSecret(variable, file, path, where);
    }
    return null;
  }

  private readSecret(
    variable: Variable<unknown>,
    fileVariable: Variable<string | null>,
    path: string,
    where: string,
  ): Found | null {
    const { name } = fileVariable;
    const written = this.parse(fileVariable, path);
    const file = 'value' in written ? readTextFile(written.value ?? '') : written;
    if ('expected' in file)
      return this.refuse(variable, `${name}: expected ${file.expected} (${where})`);
    const text = unquoted(file.text.trim());
    if (text !== '') return { text, where: `read from the file of ${name}` };
    return this.refuse(variable, `${name}: expected a file that is not empty (${where})`);
  }

  /** Records that a value is wrong; the problem is one line, without it. */
  refuse(variable: Variable<unknown>, problem: string): null {
    this.wrong.add(variable.name);
    this.problems.push(problem);
    return null;
  }
}
