import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { commonJsAsEsm } from './support/commonjs-as-esm.js';
import { workerFile } from './support/worker-file.js';

const cache = fileURLToPath(new URL('../node_modules/.cache/jest-esm', import.meta.url));

/** @type {import('jest').Config} */
export default {
  rootDir: '..',
  testEnvironment: 'node',
  // A test mostly waits for a process or a database: two at once, where Jest would run one on two cores.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Real databases and processes on a busy machine: a test that hangs still ends.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  // These take minutes, and have a configuration of their own: `npm run test:faults`, `test:hostile`, `test:real`, `test:soak`.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/faults/',
    '<rootDir>/test/hostile/',
    '<rootDir>/test/real/',
    '<rootDir>/test/soak/',
  ],
  globalSetup: '<rootDir>/test/support/postgres/global-setup.js',
  globalTeardown: '<rootDir>/test/support/postgres/global-teardown.js',
  extensionsToTreatAsEsm: ['.ts'],
  // Sources import each other with the `.js` ending that Node needs after the build.
  moduleNameMapper: {
    // A thread takes no TypeScript.
    '/schema-worker-file\\.js$': workerFile(
      'src/chat/format/schema-worker.ts',
      'SCHEMA_WORKER',
      cache,
    ),
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@nestjs/throttler$': commonJsAsEsm('@nestjs/throttler', cache),
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
