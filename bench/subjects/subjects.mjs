/**
 * What is measured. All get the same requests, and the address of Ollama in the same variable.
 *
 * @typedef {'memory' | 'sqlite' | 'postgres'} Storage
 *
 * @typedef {object} Subject
 * @property {string} name as `--only` takes it
 * @property {string} title as the tables say it
 * @property {'direct' | 'reference' | 'ours'} role
 * @property {import('../load/requests.mjs').Wire} wire
 * @property {string} [streamPath]
 * @property {string} [entry] file that Node runs
 * @property {Storage} [storage]
 * @property {'openai'} [api] by which it asks the model server; Ollama's where left out
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string[]} [flags] of Node
 */

/**
 * @typedef {object} Builds
 * @property {string} raw
 * @property {string} book
 * @property {{ name: string, entry: string }[]} ours the first is this checkout
 */

/** Ollama itself, through nothing. @type {Subject} */
export const DIRECT = {
  name: 'direct',
  title: 'fake Ollama, direct',
  role: 'direct',
  wire: 'ndjson',
};

/** Limits count and never refuse: one client asks for a million answers a minute at most. */
const COUNTING = {
  RATE_LIMIT_REQUESTS: '1000000',
  RATE_LIMIT_READ_REQUESTS: '10000000',
  // On Linux each client of the load has its own address; elsewhere all are one client.
  ...(process.platform === 'linux' ? {} : { RATE_LIMIT_STREAMS: '1000' }),
};

const SILENT = { LOG_LEVEL: 'FATAL', RATE_LIMIT_ENABLED: 'false' };

const STORAGES = /** @type {const} */ (['memory', 'sqlite', 'postgres']);

/**
 * Everything that can be measured, in the order of the tables.
 *
 * @param {Builds} builds
 * @returns {Subject[]}
 */
export function allSubjects({ raw, book, ours }) {
  return [
    DIRECT,
    { name: 'raw', title: 'raw Node', role: 'reference', wire: 'sse', entry: raw },
    { name: 'book', title: 'by the book', role: 'reference', wire: 'sse', entry: book },
    {
      name: 'book-sse',
      title: 'by the book, `@Sse`',
      role: 'reference',
      wire: 'sse',
      entry: book,
      streamPath: '/api/chat/sse',
    },
    ...ours.flatMap(({ name, entry }, index) => [
      ...STORAGES.map((storage) => ourSubject({ name, entry, storage, env: COUNTING })),
      ...(index === 0
        ? [
            bareSubject({ name, entry }),
            unmeteredSubject({ name, entry }),
            openAiSubject({ name, entry }),
            ...WIRES.map((wire) => wireSubject({ name, entry }, wire)),
          ]
        : []),
    ]),
  ];
}

/**
 * The one that a command's `--subject` names.
 *
 * @param {Builds} builds
 * @param {string} name
 */
export function subjectNamed(builds, name) {
  const subject = allSubjects(builds).find((candidate) => candidate.name === name);
  if (!subject) throw new Error(`--subject: there is no ${name}`);
  return subject;
}

/** @param {{ name: string, entry: string }} build @returns {Subject} */
function bareSubject(build) {
  const subject = ourSubject({ ...build, storage: 'memory', env: SILENT });
  return {
    ...subject,
    name: `${build.name}-bare`,
    title: `${build.name}, memory, logs and limits off`,
  };
}

/** All others have metrics, as by default. @param {{ name: string, entry: string }} build @returns {Subject} */
function unmeteredSubject(build) {
  const env = { ...COUNTING, METRICS_PORT: '0' };
  return {
    ...ourSubject({ ...build, storage: 'memory', env }),
    name: `${build.name}-unmetered`,
    title: `${build.name}, memory, metrics off`,
  };
}

/** The same answers by OpenAI's API. @param {{ name: string, entry: string }} build @returns {Subject} */
function openAiSubject(build) {
  return {
    ...ourSubject({ ...build, storage: 'memory', env: COUNTING }),
    name: `${build.name}-openai`,
    title: `${build.name}, memory, OpenAI's API`,
    api: 'openai',
  };
}

/** APIs of other products. */
const WIRES = /** @type {const} */ (['openai-chat', 'openai-responses', 'ai-sdk', 'ollama']);

/**
 * The same answers to a client of another API.
 *
 * @param {{ name: string, entry: string }} build
 * @param {typeof WIRES[number]} wire
 * @returns {Subject}
 */
function wireSubject(build, wire) {
  return {
    ...ourSubject({ ...build, storage: 'memory', env: COUNTING }),
    name: `${build.name}-wire-${wire}`,
    title: `${build.name}, memory, ${wire}`,
    wire,
  };
}

/**
 * @param {{ name: string, entry: string, storage: Storage, env: NodeJS.ProcessEnv }} options
 * @returns {Subject}
 */
function ourSubject({ name, entry, storage, env }) {
  return {
    name: `${name}-${storage}`,
    title: `${name}, ${TITLES[storage]}`,
    role: 'ours',
    wire: 'sse',
    entry,
    storage,
    env,
    // As `npm run start:prod` runs it.
    flags: ['--enable-source-maps', '--min-semi-space-size=16', '--no-flush-bytecode'],
  };
}

const TITLES = { memory: 'memory', sqlite: 'SQLite', postgres: 'PostgreSQL' };
