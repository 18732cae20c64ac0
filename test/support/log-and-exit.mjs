// Logs as many lines as its argument says, with the built service's logger, and exits at once.
const { createLogger } = await import(
  new URL('../../dist/src/observability/create-logger.js', import.meta.url).href
);
const { logger } = createLogger({ level: 'info', format: 'json', file: null });
for (let n = 1; n <= Number(process.argv[2]); n += 1) logger.info('x'.repeat(200), { n });
process.exit(0);
