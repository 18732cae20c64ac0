// Starts local-model: a small language model behind the part of Ollama's HTTP API that a chat needs.
import { once } from 'node:events';
import { chooseEngine } from './choose-engine.mjs';
import { createModelServer } from './http/server.mjs';
import { readSettings } from './settings.mjs';

/** @param {string} text */
const say = (text) => console.error(`[local-model] ${text}`);

/** @type {(() => Promise<void>)[]} What must be closed, the last opened first. */
const opened = [];
let stopping = false;

async function stop() {
  if (stopping) return;
  stopping = true;
  for (const close of opened.toReversed()) await close();
  process.exit(0);
}

process.on('SIGTERM', () => void stop());
if (process.connected) {
  // If a parent started this process, the parent stops it: Ctrl-C reaches both, and the parent's
  // work must end first.
  process.on('SIGINT', () => {});
  process.once('disconnect', () => void stop());
} else {
  process.on('SIGINT', () => void stop());
}

const settings = readSettings(process.env);
const { engine, whyScripted } = await chooseEngine(settings, say);
opened.push(() => engine.dispose());
const server = createModelServer(engine, say);
opened.push(async () => {
  server.close();
  server.closeAllConnections();
});
server.listen(settings.port, settings.host);
await once(server, 'listening');

const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : settings.port;
const url = `http://${settings.host}:${port}`;
const model = engine.model.name;
if (whyScripted !== null) {
  say(`NO LANGUAGE MODEL IS RUNNING: ${whyScripted}`);
  say(`Serving the scripted stand-in "${model}"; its answers say that they are scripted.`);
}
say(`${model} answers at ${url} (Ollama's API).`);
process.send?.({ url, model, whyScripted });
