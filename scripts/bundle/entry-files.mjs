/** Files of the build that Node is started with: processes, commands, and the thread that judges answers. */
export const ENTRY_FILES = [
  'src/main.js',
  'src/worker.js',
  'src/health.js',
  'src/history.js',
  'src/keys.js',
  'src/migrate.js',
  'src/chat/format/schema-worker.js',
];
