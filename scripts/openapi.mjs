// node scripts/openapi.mjs write|check [folder of the build]
//
// Writes openapi.json from the built service, or fails where the committed file says something else.
// No database and no Ollama are needed: nothing is started, the routes are only read.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [mode = 'check', build = 'dist'] = process.argv.slice(2);
const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'openapi.json');

/** A module of the built service. */
const built = (path) => import(pathToFileURL(resolve(root, build, 'src', path)).href);

const { createApp } = await built('app.setup.js');
const { loadSettings } = await built('config/load-settings.js');
const { buildOpenApiDocument } = await built('openapi/openapi-document.js');
const { serializeDocument } = await built('openapi/serve-docs.js');

const nothing = () => undefined;
const silent = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: console.error,
  fatal: console.error,
};
// A folder without settings: the document must not depend on whose machine it is. It says what is
// possible; an installation without API keys serves one that does not speak of them.
const { settings } = loadSettings({ env: {}, cwd: import.meta.dirname });
const document = serializeDocument(
  buildOpenApiDocument(await createApp(settings, silent), { keys: true }),
);

if (mode === 'write') {
  writeFileSync(file, document);
} else if (readFileSync(file, 'utf8') !== document) {
  console.error(
    'openapi.json is not what the code says: run `npm run openapi:sync` and commit it.',
  );
  process.exitCode = 1;
}
