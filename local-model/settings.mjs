import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Settings of local-model, from environment variables.
 *
 * @typedef {object} Settings
 * @property {string} host `LOCAL_MODEL_HOST`, loopback by default: this server has no access
 *   control.
 * @property {number} port `LOCAL_MODEL_PORT`; 0, the default, takes a free one.
 * @property {string} cacheFolder `LOCAL_MODEL_CACHE`: where the weights are kept between runs.
 * @property {number | null} threads `LOCAL_MODEL_THREADS`; null lets the machine decide.
 * @property {boolean} scripted `LOCAL_MODEL_ENGINE=scripted`: no weights, no downloads.
 */

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Settings}
 */
export function readSettings(environment) {
  return {
    host: environment.LOCAL_MODEL_HOST || '127.0.0.1',
    port: wholeNumber(environment, 'LOCAL_MODEL_PORT', 0, 65_535) ?? 0,
    cacheFolder: environment.LOCAL_MODEL_CACHE || defaultCacheFolder(environment, process.platform),
    threads: wholeNumber(environment, 'LOCAL_MODEL_THREADS', 1, 256),
    scripted: environment.LOCAL_MODEL_ENGINE === 'scripted',
  };
}

/**
 * The folder that a platform gives to data which can be fetched again.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @param {NodeJS.Platform} platform
 */
export function defaultCacheFolder(environment, platform) {
  const name = 'ollama-chat-service';
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', name);
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), name, 'Cache');
  }
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), name);
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @returns {number | null} null where the variable is not set or empty
 */
function wholeNumber(environment, name, least, most) {
  const text = environment[name];
  if (!text) return null;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}.`);
}
