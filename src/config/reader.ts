import type { Parsed } from './parsers/parser.js';
import { VARIABLES } from './schema/index.js';
import type { Source } from './sources.js';
import { readTextFile } from './text-file.js';
import { unquoted } from './unquoted.js';
import type { Variable } from './variable.js';
import { absolutePath } from './written-path.js';

/** What may be meant as nothing, or stand where a secret was lost. */
const NOTHING = /^(none|null)$/i;

interface Found {
  readonly text: string;
  /** Where it stands, as the end of a problem's line. */
  readonly where: string;
}

/**
 * Reads variables out of their sources. A wrong one is noted in `problems` and read as its
 * default, so that one pass finds everything that is wrong.
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

  /** Whether anybody set it, rightly or wrongly. */
  isGiven(variable: Variable<unknown>): boolean {
    const names = [variable.name, fileVariableOf(variable.name)?.name];
    return this.sources.some(({ values }) => names.some((name) => name && values.has(name)));
  }

  /** Whether it was read and not understood: its value is the default then and proves nothing. */
  isWrong(variable: Variable<unknown>): boolean {
    return this.wrong.has(variable.name);
  }

  read<T>(variable: Variable<T>): T {
    const found = this.find(variable);
    if (!found) return variable.fallback;
    const parsed = this.parse(variable, found.text);
    if ('value' in parsed) return parsed.value;
    this.refuse(variable, `${variable.name}: expected ${parsed.expected} (${found.where})`);
    return variable.fallback;
  }

  /** A path as it was written, seen from the folder of the service. */
  absolute(path: string): string {
    return absolutePath(this.cwd, path);
  }

  private parse<T>(variable: Variable<T>, text: string): Parsed<T> {
    if (!variable.guards || !NOTHING.test(text)) return variable.parse(text);
    return { expected: `${variable.expects}; leave it empty where none is meant` };
  }

  /** The strongest source wins, be it with the value or with the file that holds it. */
  private find(variable: Variable<unknown>): Found | null {
    const file = fileVariableOf(variable.name);
    for (const { label, values } of this.sources) {
      const text = values.get(variable.name);
      const path = file && values.get(file.name);
      const where = `set in ${label}`;
      if (file && path !== undefined && text !== undefined) {
        const line = `${variable.name}: expected it or ${file.name}, not both (${where})`;
        return this.refuse(variable, line);
      }
      if (text !== undefined) return { text, where };
      if (file && path !== undefined) return this.readSecret(variable, file, path, where);
    }
    return null;
  }

  private readSecret(
    variable: Variable<unknown>,
    fileVariable: Variable<unknown>,
    path: string,
    where: string,
  ): Found | null {
    const { name } = fileVariable;
    const written = this.parse(fileVariable, path);
    const file = 'value' in written ? readTextFile(this.absolute(path)) : written;
    if ('expected' in file)
      return this.refuse(variable, `${name}: expected ${file.expected} (${where})`);
    const text = unquoted(file.text.trim());
    if (text !== '') return { text, where: `read from the file of ${name}` };
    return this.refuse(variable, `${name}: expected a file that is not empty (${where})`);
  }

  private refuse(variable: Variable<unknown>, problem: string): null {
    this.wrong.add(variable.name);
    this.problems.push(problem);
    return null;
  }
}

/** `API_KEYS_FILE` for `API_KEYS`. */
function fileVariableOf(name: string): Variable<unknown> | undefined {
  return VARIABLES.find((candidate) => candidate.readsFileFor === name);
}
