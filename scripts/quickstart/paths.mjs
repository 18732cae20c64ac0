import { fileURLToPath } from 'node:url';

/**
 * @param {string} path Relative to the repository.
 * @returns {string}
 */
export function inRepository(path) {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export const SERVICE_ENTRY = 'dist/src/main.js';
