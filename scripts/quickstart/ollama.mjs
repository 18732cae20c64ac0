/**
 * @typedef {object} Listed A model in Ollama's list.
 * @property {string} name
 * @property {boolean} remote Whether Ollama would pass requests on to a cloud.
 */

/** @typedef {Record<string, string>} Headers What Ollama, or a proxy in front of it, requires. */

const PATIENCE_MS = 3000;

/**
 * @param {string} baseUrl Without user and password.
 * @param {Headers} [headers]
 * @returns {Promise<Listed[] | null>} null where no Ollama answers
 */
export async function listModels(baseUrl, headers = {}) {
  const body = await ask({ baseUrl, headers, path: 'api/tags' });
  const models = property(body, 'models');
  if (!Array.isArray(models)) return null;
  return models.flatMap((/** @type {unknown} */ model) => {
    const name = property(model, 'name');
    if (typeof name !== 'string') return [];
    const elsewhere = property(model, 'remote_host') || property(model, 'remote_model');
    return [{ name, remote: Boolean(elsewhere) || /[:-]cloud$/i.test(name) }];
  });
}

/**
 * The configured default where Ollama has it, else the first in its list that can chat.
 *
 * @param {string} baseUrl
 * @param {Listed[]} models
 * @param {{ defaultModel: string, allow: readonly string[] | null }} wanted
 * @param {Headers} [headers]
 * @returns {Promise<string | null>} null where it has none that may be used
 */
export async function pickModel(baseUrl, models, { defaultModel, allow }, headers = {}) {
  const allowed = allow?.map(withTag);
  const usable = models
    .filter(({ name, remote }) =>
      allowed === undefined ? !remote : allowed.includes(withTag(name)),
    )
    .map(({ name }) => name);
  if (usable.map(withTag).includes(withTag(defaultModel))) return defaultModel;
  for (const name of usable) {
    if (await canChat({ baseUrl, headers }, name)) return name;
  }
  return null;
}

/**
 * Models that only embed are listed too. Without capabilities (older Ollama), the model is assumed
 * to chat.
 *
 * @param {{ baseUrl: string, headers: Headers }} server
 * @param {string} model
 */
async function canChat(server, model) {
  const shown = await ask({ ...server, path: 'api/show', body: { model } });
  const capabilities = property(shown, 'capabilities');
  return !Array.isArray(capabilities) || capabilities.includes('completion');
}

/**
 * @param {{ baseUrl: string, headers: Headers, path: string, body?: object }} question A GET without
 *   a body; else the body is sent as JSON.
 * @returns {Promise<unknown>} null for anything but a good answer
 */
async function ask({ baseUrl, headers, path, body }) {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/${path}`, {
      headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** @param {string} name */
function withTag(name) {
  const lower = name.toLowerCase();
  return lower.includes(':') ? lower : `${lower}:latest`;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {unknown}
 */
function property(value, name) {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
