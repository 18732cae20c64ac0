import { fork } from 'node:child_process';
import { once } from 'node:events';
import { listModels, pickModel } from './ollama.mjs';
import { inRepository } from './paths.mjs';
import { say } from './say.mjs';
import { ollamaAddress } from './service-settings.mjs';

/**
 * @typedef {import('./children.mjs').Children} Children
 * @typedef {import('./service-settings.mjs').ServiceSettings} ServiceSettings
 *
 * @typedef {object} ModelServer
 * @property {string} url
 * @property {string} model
 * @property {string | null} whyScripted Why no language model is running, where none is.
 * @property {boolean} ours Whether quickstart started it.
 */

/**
 * The configured Ollama if it answers and has a model; else local-model.
 *
 * @param {ServiceSettings} settings
 * @param {Children} children
 * @returns {Promise<ModelServer>}
 */
export async function findOrStartModelServer(settings, children) {
  return (await findOllama(settings)) ?? (await startLocalModel(children));
}

/**
 * @param {ServiceSettings} settings
 * @returns {Promise<ModelServer | null>}
 */
async function findOllama({ ollama, models: { default: defaultModel, allow } }) {
  const { url, headers } = await ollamaAddress(ollama);
  const where = new URL(url).host;
  const listed = await listModels(url, headers);
  if (listed === null) {
    say(`No Ollama answers at ${where}.`);
    return null;
  }
  const model = await pickModel(url, listed, { defaultModel, allow }, headers);
  if (model === null) {
    say(`The Ollama at ${where} has no model that can be used.`);
    return null;
  }
  const instead = model === defaultModel ? '' : `, since it does not have ${defaultModel}`;
  say(`Using the Ollama at ${where} with its model ${model}${instead}.`);
  return { url: ollama.baseUrl, model, whyScripted: null, ours: false };
}

/**
 * It may download for minutes; if it dies, `children` rejects.
 *
 * @param {Children} children
 * @returns {Promise<ModelServer>}
 */
async function startLocalModel(children) {
  say('Starting local-model, a small local language model, instead.');
  const child = fork(inRepository('local-model/main.mjs'), {
    detached: process.platform !== 'win32',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  children.add({ name: 'local-model', child, wholeGroup: true });
  const [message] = await once(child, 'message');
  const { url, model, whyScripted } = /** @type {ModelServer} */ (message);
  return { url, model, whyScripted, ours: true };
}
