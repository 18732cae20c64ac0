import { pathToFileURL } from 'node:url';
import { inRepository } from './paths.mjs';

/**
 * What quickstart needs to know of the service's settings.
 *
 * @typedef {object} ServiceSettings
 * @property {{ host: string, port: number }} api
 * @property {{ baseUrl: string, defaultModel: string }} ollama
 * @property {{ allow: readonly string[] | null }} model
 * @property {{ level: string }} log
 * @property {{ drainMs: number, delayMs: number }} shutdown
 */

/**
 * Read by the built service's own code, so that `.env` and the configuration file count here too.
 *
 * @returns {Promise<ServiceSettings>}
 */
export async function readServiceSettings() {
  const path = inRepository('dist/src/config/load-settings.js');
  /** @type {{ loadSettings: () => { settings: ServiceSettings } }} */
  const { loadSettings } = await import(pathToFileURL(path).href);
  return loadSettings().settings;
}
