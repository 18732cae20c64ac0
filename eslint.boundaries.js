import { existsSync, readdirSync } from 'node:fs';

/**
 * Who may import whom under `src`, and which vendor library lives where. All that a room does not
 * list is closed to it; a new feature is one more line.
 */

/**
 * What every room may lean on: plain types, errors and helpers, the settings' type, the ports of the log
 * and of metrics.
 */
const shared = [
  'src/domain/**',
  'src/common/**',
  'src/config/settings.ts',
  'src/config/namespaces.ts',
  'src/observability/app-logger.ts',
  'src/observability/meter.ts',
  'src/observability/metric-snapshot.ts',
  'src/observability/tracing.ts',
  'src/observability/audit/audit.ts',
];

/** What a controller may wear: decorators that say how a route is counted and documented. */
const feature = [...shared, 'src/rate-limit/*.decorator.ts', 'src/openapi/decorators/**'];

/** Files that put a feature together: its module and its factories (`x.factory.ts`, `create-x.ts`). */
const factories = '*.factory|create-*';

/** Files directly in a feature's folder, without wiring and HTTP: what other features may see. */
const open = (feature) => `src/${feature}/!(*.module|${factories}|*.controller).ts`;

/** room → what it may see besides itself. */
const rooms = {
  domain: [],
  common: shared.filter((path) => path !== 'src/common/**'),
  config: [
    'src/domain/**',
    'src/common/errors/**',
    // What the word `private` stands for in a setting is what the edge takes for private.
    'src/common/http/client-address.ts',
    'src/common/text/percent-decoded.ts',
    'src/observability/app-logger.ts',
  ],
  // The primary answers for its workers, and metrics say the version.
  observability: [...shared, 'src/cluster/worker-watch.ts', 'src/openapi/package-version.ts'],
  // Budgets that all processes share are counted by the store.
  'rate-limit': [...shared, 'src/store/store.ts', 'src/store/request-counter.ts'],
  // Keys are in the store, and wrong ones are counted by a port of `common`.
  identity: [...shared, open('store')],
  store: shared,
  cluster: shared,
  openapi: [...shared, 'src/rate-limit/*.decorator.ts'],
  models: feature,
  generation: [...feature, open('store')],
  // The answer to `Prefer: respond-async` is a generation's body; a streamed one has a format of
  // generation, which is a folder with its format and its document.
  chat: [
    ...feature,
    open('generation'),
    'src/generation/dto/*-response.*.ts',
    'src/generation/*/*-@(format|document).ts',
    open('models'),
    open('store'),
  ],
  history: [...feature, open('store')],
  changes: [...feature, open('store')],
  usage: [...feature, open('store')],
  health: [...feature, open('models'), open('store')],
  // Yields to answers.
  memory: [...shared, open('generation')],
  // Commands put together what they need: nothing of the application is there.
  commands: [
    ...shared,
    'src/config/load-settings.ts',
    'src/config/named-storage.ts',
    open('store'),
    'src/store/create-store.ts',
    'src/store/create-key-store.ts',
    'src/observability/create-logger.ts',
    'src/observability/audit/create-audit.ts',
    'src/observability/sinks/log-file.ts',
  ],
};

/** Where a room keeps its adapters, one folder and one vendor each. */
const adapterParents = { store: 'src/store', models: 'src/models/providers' };

/** What adapters of a room share: how stores of one process hold their state, how model servers are asked. */
const adapterBases = {
  store: ['src/store/local', 'src/store/rules', 'src/store/support'],
  models: ['src/models/transport'],
};

const folders = (path) =>
  existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${path}/${entry.name}`)
    : [];

/** Files of `targets` may import nothing under `src` but `may`. */
const zone = (targets, may, message) => ({
  target: targets.map((glob) => `./${glob}`),
  from: './src/**/*',
  except: [...new Set(may)].map((glob) => `**/${glob}`),
  message,
});

function roomZones([room, may]) {
  const parent = adapterParents[room];
  const bases = adapterBases[room] ?? [];
  const adapters = parent ? folders(parent).filter((folder) => !bases.includes(folder)) : [];
  const plain = folders(`src/${room}`).filter(
    (folder) => folder !== parent && !bases.includes(folder) && !adapters.includes(folder),
  );
  const everything = `src/${room}/**`;
  const ownPlain = [`src/${room}/!(*.module|${factories}).ts`, ...plain.map((f) => `${f}/**/*.ts`)];
  const rule = `src/${room} sees itself and: ${may.join(', ') || 'nothing else'}.`;
  return [
    zone(ownPlain, [...ownPlain, ...may], `${rule} Only its module and factory name adapters.`),
    zone([`src/${room}/@(${factories}).ts`], [everything, ...may], rule),
    zone([`src/${room}/*.module.ts`], [everything, ...may, 'src/*/*.module.ts'], rule),
    ...[...bases, ...adapters].map((folder) =>
      zone(
        [`${folder}/**/*.ts`],
        [`${folder}/**`, ...bases.map((base) => `${base}/**`), open(room), ...may],
        `An adapter sees its port, what adapters share, and: ${may.join(', ')}.`,
      ),
    ),
  ];
}

/**
 * A wire, the API of another product beside this one, is a folder `src/wires/<name>`; what two of them share
 * is beside the folders. It sees the features as they see each other; nothing but composition sees it.
 */
const wireZones = folders('src/wires').map((folder) =>
  zone(
    [`${folder}/**/*.ts`],
    [
      `${folder}/**`,
      'src/wires/*.ts',
      ...feature,
      ...['chat', 'generation', 'history', 'models'].map(open),
      // What it has in common with the API of this service: tools, and receipts of a cancel.
      'src/chat/dto/tools.dto.ts',
      'src/generation/dto/*-response.*.ts',
      'src/*/*.module.ts',
    ],
    'A wire sees what features show, never their inside, nor another wire.',
  ),
);

/** Options of `import-x/no-restricted-paths`. */
export const zones = [
  ...Object.entries(rooms).flatMap(roomZones),
  zone(
    ['src/wires/*.ts'],
    ['src/wires/*.ts', ...feature, ...['chat', 'generation', 'history', 'models'].map(open)],
    'What wires share sees what features show.',
  ),
  ...wireZones,
  zone(
    ['src/*.ts'],
    [
      'src/*.ts',
      'src/*/*.ts',
      'src/commands/**',
      'src/wires/*/*.module.ts',
      'src/common/**',
      'src/config/**',
      'src/observability/**',
      // The one thing of an adapter that has a command of its own.
      'src/store/typeorm/schema-migrations.ts',
    ],
    'Composition sees modules and what a feature shows, never its inside.',
  ),
  {
    target: './src/!(store)/**/*',
    from: './migrations',
    message: 'Migrations belong to the SQL store.',
  },
  { target: ['./src', './migrations'], from: './test', message: 'Tests stay outside.' },
];

/** Libraries that may be named in some files only: `[pattern of the name, files, why]`. */
const vendors = [
  {
    regex: '^(@langchain/|langchain)',
    files: ['src/chat/prompt/**', 'src/models/**'],
    message: 'LangChain lives in the prompt and in the model adapters.',
  },
  {
    regex: '^(typeorm|@nestjs/typeorm|pg|pg-.*|better-sqlite3)(/|$)',
    files: ['src/store/typeorm/**', 'migrations/**'],
    message: 'SQL lives in src/store/typeorm and migrations.',
  },
  {
    regex: '^jose(/|$)',
    files: ['src/identity/oidc/**'],
    message: 'Tokens of identity providers are verified in src/identity/oidc.',
  },
  {
    regex: '^mongodb(/|$)',
    files: ['src/store/mongo/**'],
    message: 'MongoDB lives in src/store/mongo.',
  },
  {
    regex: '^write-file-atomic$',
    files: ['src/store/file/**'],
    message: 'Files are written by the file store.',
  },
  {
    regex: '^(pino|pino-.*|prom-client|@opentelemetry)(/|$)',
    files: ['src/observability/**'],
    message: 'Log through the AppLogger port, count through Meter, trace through Tracing.',
  },
  {
    regex: '^(rate-limiter-flexible|@nestjs/throttler)(/|$)',
    files: ['src/rate-limit/**'],
    message: 'Limits live in src/rate-limit.',
  },
  {
    regex: '^ajv(-.*)?(/|$)',
    files: ['src/chat/format/**'],
    message: 'Schemas of clients are compiled in the threads of src/chat/format.',
  },
  {
    regex: '^(yaml|dotenv)(/|$)',
    files: ['src/config/**'],
    message: 'Configuration is read in src/config.',
  },
  {
    regex: '^@nestjs/config(/|$)',
    files: ['src/config/**'],
    message: 'Inject a namespace of src/config/namespaces.ts; only its ConfigType comes from here.',
    allowImportNames: ['ConfigType'],
  },
  {
    regex: '^(node:)?process$',
    files: ['src/config/**'],
    message: 'The environment is read in src/config only.',
  },
];
const outsideDomain = {
  regex: '^[^.]',
  message: 'The domain is plain types: it imports nothing.',
};

const restrict = (files, patterns) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: patterns.map(({ regex, message, allowImportNames }) => ({
          regex,
          message,
          ...(allowImportNames && { allowImportNames }),
        })),
      },
    ],
  },
});

/** Config objects: every vendor closed everywhere, then each opened where it belongs. */
export const vendorRules = [
  restrict(['src/**/*.ts', 'migrations/**/*.ts'], vendors),
  ...[...new Set(vendors.flatMap(({ files }) => files))].map((glob) =>
    restrict(
      [glob],
      vendors.filter(({ files }) => !files.includes(glob)),
    ),
  ),
  restrict(['src/domain/**/*.ts'], [outsideDomain]),
];
