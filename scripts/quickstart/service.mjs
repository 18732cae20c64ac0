import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { inRepository, SERVICE_ENTRY } from './paths.mjs';
import { freePort, localUrl } from './ports.mjs';
import { say } from './say.mjs';

/**
 * @typedef {import('./children.mjs').Children} Children
 * @typedef {import('./model-server.mjs').ModelServer} ModelServer
 * @typedef {import('./service-settings.mjs').ServiceSettings} ServiceSettings
 */

const READY_WITHIN_MS = 60_000;
const POLL_MS = 200;

/**
 * Starts the built service and waits until it is ready.
 *
 * @param {ServiceSettings} settings
 * @param {ModelServer} modelServer
 * @param {Children} children
 * @returns {Promise<string>} its address
 */
export async function startService(settings, modelServer, children) {
  const host = listeningHost(settings.api.host);
  const wanted = settings.api.port;
  const port = await freePort(host, wanted);
  if (wanted !== 0 && port !== wanted) say(`Port ${wanted} is taken; using ${port} instead.`);
  const child = spawn(process.execPath, ['--enable-source-maps', inRepository(SERVICE_ENTRY)], {
    detached: process.platform !== 'win32',
    env: { ...serviceEnvironment(settings, modelServer), API_HOST: host, API_PORT: String(port) },
    stdio: ['ignore', 2, 2],
  });
  children.add({ name: 'service', child, wholeGroup: false });
  const url = localUrl(host, port);
  await untilReady(url);
  return url;
}

/**
 * A first try has no keys, so it listens on loopback only, unless `API_HOST` says otherwise.
 *
 * @param {string} host
 */
function listeningHost(host) {
  return host === '0.0.0.0' && !process.env.API_HOST ? '127.0.0.1' : host;
}

/**
 * @param {ServiceSettings} settings
 * @param {ModelServer} modelServer
 * @returns {NodeJS.ProcessEnv}
 */
function serviceEnvironment({ models: { allow }, log: { level } }, modelServer) {
  const { url, model, ours, whyScripted } = modelServer;
  return {
    // A scripted answer is no title.
    ...(whyScripted !== null ? { TITLES: 'false' } : {}),
    ...process.env,
    OLLAMA_BASE_URL: url,
    OLLAMA_ENABLED: 'true',
    OLLAMA_DEFAULT_MODEL: model,
    // It would take precedence.
    MODEL_DEFAULT: model,
    // A list of models for another Ollama would refuse the stand-in model.
    ...(ours && allow !== null ? { MODEL_ALLOW: model } : {}),
    // A line for each request would cut the printed answer to pieces.
    ...(level === 'info' ? { LOG_LEVEL: 'WARN' } : {}),
  };
}

/** @param {string} url */
async function untilReady(url) {
  const deadline = performance.now() + READY_WITHIN_MS;
  let last = 'it did not answer';
  while (performance.now() < deadline) {
    try {
      const response = await fetch(`${url}/api/health/ready`, {
        signal: AbortSignal.timeout(POLL_MS * 10),
      });
      const body = await response.text();
      if (response.ok) return;
      last = body;
    } catch {
      // Not listening yet.
    }
    await delay(POLL_MS);
  }
  throw new Error(`The service was not ready within ${READY_WITHIN_MS / 1000} s: ${last}`);
}
