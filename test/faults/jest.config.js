import base from '../jest.config.js';

/** The fault suite: beside the others, since it takes minutes. */
/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Most of it waits for the death of workers to be noticed: that can be done side by side.
  maxWorkers: 2,
};
