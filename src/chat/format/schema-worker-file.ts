/** The file that a thread runs. Tests put another in its place, since a thread takes no TypeScript. */
export const SCHEMA_WORKER = new URL('./schema-worker.js', import.meta.url);
