import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The JavaScript of a page of the documentation, by the name in each block's first line (`// send`). */
export class PageSnippets {
  private readonly blocks: Map<string, string>;

  constructor(path: string) {
    const page = readFileSync(join(ROOT, path), 'utf8');
    this.blocks = new Map(
      [...page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name, code]) => [
        name ?? '',
        code ?? '',
      ]),
    );
  }

  get names(): string[] {
    return [...this.blocks.keys()];
  }

  /** What the block exports. */
  module(name: string): Promise<any> {
    return importText(this.code(name));
  }

  /** Runs the block, with the fields of `scope` as its variables, then the line `then`. */
  async run(name: string, scope: object, then = ''): Promise<void> {
    const variables = Object.keys(scope).join(', ');
    const main = `export default async ({ ${variables} }) => {\n${this.code(name)}\n${then}\n};`;
    const { default: run } = await importText(main);
    await run(scope);
  }

  private code(name: string): string {
    const code = this.blocks.get(name);
    if (code === undefined) throw new Error(`The page has no block "// ${name}"`);
    return code;
  }
}

function importText(code: string): Promise<any> {
  return import(`data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`);
}
