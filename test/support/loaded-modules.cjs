// With NODE_OPTIONS=--require: writes the files of all loaded modules to LOADED_MODULES at the exit.
const { writeFileSync } = require('node:fs');
const Module = require('node:module');

process.on('exit', () => {
  writeFileSync(process.env.LOADED_MODULES ?? '/dev/null', Object.keys(Module._cache).join('\n'));
});
