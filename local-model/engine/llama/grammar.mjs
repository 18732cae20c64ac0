import { FormatError } from '../format.mjs';
import { grammarSchema } from './grammar-schema.mjs';

/**
 * @typedef {import('./binding.mjs').Grammar} Grammar
 * @typedef {import('./binding.mjs').Llama} Llama
 */

/**
 * What the tokens of an answer may be, so that it has the format.
 *
 * @param {Llama} llama
 * @param {import('../format.mjs').Format} format
 * @returns {Promise<Grammar>}
 */
export async function grammarFor(llama, format) {
  const isAnyJson = format === 'json' || Object.keys(format).length === 0;
  if (isAnyJson) return llama.getGrammarFor('json');
  const schema = grammarSchema(format);
  try {
    return await llama.createGrammarForJsonSchema(schema);
  } catch {
    throw new FormatError('invalid JSON schema in format');
  }
}
