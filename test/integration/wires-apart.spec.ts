import { readdirSync, readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');
const WIRES = resolve(ROOT, 'src/wires');
const MODULES = resolve(ROOT, 'src/app.module.ts');

const wires = readdirSync(WIRES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The list of modules without the lines that name this wire. */
function modulesWithout(wire: string): string {
  const text = readFileSync(MODULES, 'utf8');
  const line = new RegExp(`^import \\{ (\\w+) \\} from './wires/${wire}/.*\\n`, 'm');
  const [imported = '', name = ''] = line.exec(text) ?? [];
  return text.replace(imported, '').replace(new RegExp(`^ *${name},\\n`, 'm'), '');
}

/** What the compiler says of the service once a wire's folder and its lines in the list are gone. */
function errorsWithout(wire: string): string[] {
  const { config } = ts.readConfigFile(resolve(ROOT, 'tsconfig.build.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const folder = resolve(WIRES, wire) + sep;
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { fileExists, readFile, getSourceFile } = host;
  const isGone = (file: string): boolean => resolve(file).startsWith(folder);
  host.fileExists = (file) => !isGone(file) && fileExists(file);
  host.readFile = (file) => (isGone(file) ? undefined : readFile(file));
  host.getSourceFile = (file, version, ...more) =>
    resolve(file) === MODULES
      ? ts.createSourceFile(file, modulesWithout(wire), version)
      : getSourceFile(file, version, ...more);
  const files = fileNames.filter((file) => !isGone(file));
  const program = ts.createProgram(files, { ...options, noEmit: true }, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('a wire', () => {
  it.each(wires)('can be deleted as one folder, and nothing else needs it (%s)', (wire) => {
    expect(modulesWithout(wire)).not.toContain(`wires/${wire}/`);
    expect(errorsWithout(wire)).toEqual([]);
  });
});
