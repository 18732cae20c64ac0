// With NODE_OPTIONS=--require: writes the files of all loaded modules to LOADED_MODULES at the exit.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  writeFileSync(process.env.LOADED_MODULES ?? '', Object.keys(require.cache).join('\n'));
});
