import base from '../jest.config.js';

/** Real model servers with a real, small model: beside the others, since these are downloaded at first. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/real/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // A model takes a core.
  maxWorkers: 1,
  testTimeout: 120_000,
};
