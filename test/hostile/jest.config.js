import base from '../jest.config.js';

/** The adversary suite: beside the others, since it floods whole services and waits a minute. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/hostile/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // An attack takes one core, the service another: side by side they would measure each other.
  maxWorkers: 1,
  testTimeout: 120_000,
};
