import type { Logger } from '../../../src/observability/logger.js';

const nothing = () => undefined;

/** For tests of what is stored, not of what is said about it. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
