// Preloaded into the service by tests: SQLite's native module is missing in the way that
// WITHOUT_SQLITE names: `package` (not installed), `binding` (never compiled), `other-node`.
const Module = require('node:module');

const way = process.env.WITHOUT_SQLITE;
const missing = way === 'package' ? /^better-sqlite3(-13)?$/ : /\.node$/;

/** @type {{ prototype: { require(name: string): unknown } }} */
const { prototype } = Module;
const original = prototype.require;

/** @param {string} name */
prototype.require = function (name) {
  if (!missing.test(name)) return original.call(this, name);
  const code = way === 'other-node' ? 'ERR_DLOPEN_FAILED' : 'MODULE_NOT_FOUND';
  throw Object.assign(new Error(`Scripted: ${code}`), { code });
};
