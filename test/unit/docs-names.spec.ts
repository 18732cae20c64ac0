import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['.', 'docs', 'docs/adr', 'bench', 'local-model'];
const SOURCES = [
  'src',
  'test',
  'bench',
  'scripts',
  'migrations',
  'docker',
  'examples',
  'deploy',
  'local-model',
  '.ci',
];
const ROOT_FILES = /\.(json|js|ts|yaml|yml)$|^\.(env\.example|nvmrc|npmrc|editorconfig|gitignore)$/;

/** Names that other programs have, and those of the variable that CONTRIBUTING adds as an example. */
const OTHERS = new Set([
  'ClientRequest',
  'ConversationBufferMemory',
  'MAX_ANSWER_LINES',
  'MAX_ANSWER_LINES_FILE',
  'MODEL_PROVIDER',
  'OLLAMA_NUM_PARALLEL',
  'bench/results/',
  'config.yaml',
  'forceCloseConnections',
  'ip_local_port_range',
  'itemSchema',
  'max_prepared_statements',
  'pg_dump',
  'sessionStorage',
  'this.settings.maxAnswerLines',
]);

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(ROOT, path)).isFile());
}

const files = [
  ...SOURCES.flatMap(filesIn),
  ...readdirSync(ROOT).filter((name) => ROOT_FILES.test(name)),
].filter((path) => !path.endsWith('.md') && path !== 'test/unit/docs-names.spec.ts');
const words = new Set(files.flatMap((path) => read(path).match(/[A-Za-z_$][\w$]*/g) ?? []));

const CODE_BLOCK = /^```.*?^```$/gms;
/** The default in the row of a variable: a value, not a name. */
const DEFAULT_CELL = /(?<=^\| `[A-Z0-9_]+` )\| `[^`\n]*`(?= \|)/gm;

/** Code that is named in running text: `like this`. */
function namesIn(page: string): string[] {
  const text = read(page).replaceAll(CODE_BLOCK, '').replaceAll(DEFAULT_CELL, '');
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);
}

/** `GenerationClaims.claim`, `closeArrayGaps()`, `MAX_ANSWER`; words of the language are not meant. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*(\(\))?$/;
const COMPOSED = /[a-z][A-Z]|[A-Za-z]_[A-Za-z]/;
/** `turn-sql.ts`, `src/config/schema`, `test/unit/house.spec.ts`. */
const PATH =
  /^[\w.-]+(\/[\w.-]+)*\.(ts|mjs|js|json|yaml|sh|md)$|^(src|test|docs|bench|scripts)\/[\w./-]+$/;

const pages = PAGES.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

function isThere(named: string): boolean {
  const name = named.replace(/^\.\//, '');
  if (OTHERS.has(name)) return true;
  if (PATH.test(name)) return isPath(name);
  if (!IDENTIFIER.test(name) || !COMPOSED.test(name) || name.startsWith('$')) return true;
  return name
    .replace('()', '')
    .split('.')
    .every((part) => words.has(part));
}

/** A file by the end of its path, what is built by its source; a folder, or the beginning of names. */
function isPath(name: string): boolean {
  const source = name.replace(/^dist\//, '').replace(/\.js$/, '.ts');
  return [...files, ...pages].some(
    (path) => [name, source].some((end) => `/${path}`.endsWith(`/${end}`)) || path.startsWith(name),
  );
}

describe('the names in the documentation', () => {
  // The changelog speaks of what was.
  it.each(pages.filter((page) => page !== 'CHANGELOG.md'))('%s names what there is', (page) => {
    expect(namesIn(page).filter((name) => !isThere(name))).toEqual([]);
  });
});
