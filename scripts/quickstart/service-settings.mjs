import { pathToFileURL } from 'node:url';
import { inRepository } from './paths.mjs';

/**
 * What quickstart needs to know of the service's settings.
 *
 * @typedef {object} ServiceSettings
 * @property {{ host: string, port: number }} api
 * @property {{ baseUrl: string, apiKey: string | null, headers: readonly (readonly [string, string])[] }} ollama
 * @property {{ default: string, allow: readonly string[] | null }} models
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

/**
 * How quickstart itself asks the configured Ollama: `fetch` takes no address with a password in it.
 *
 * @param {ServiceSettings['ollama']} ollama
 * @returns {Promise<{ url: string, headers: Record<string, string> }>}
 */
export async function ollamaAddress(ollama) {
  const path = inRepository('dist/src/models/transport/server-address.js');
  /**
   * @type {{
   *   requestHeaders: (address: ServiceSettings['ollama']) => string[],
   *   withoutCredentials: (url: string) => string,
   * }}
   */
  const { requestHeaders, withoutCredentials } = await import(pathToFileURL(path).href);
  const list = requestHeaders(ollama);
  const names = list.filter((_, index) => index % 2 === 0);
  const headers = Object.fromEntries(names.map((name, index) => [name, list[2 * index + 1] ?? '']));
  return { url: withoutCredentials(ollama.baseUrl), headers };
}
