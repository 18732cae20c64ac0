import { HttpError } from './http-error.mjs';

const MOST_BYTES = 8 * 1024 * 1024;

/**
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Map<string, unknown>>} the fields of the JSON object that was sent
 */
export async function readFields(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new HttpError(413, 'request body too large');
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HttpError(400, 'the body must be a JSON object');
  }
  return new Map(Object.entries(value));
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  if (text.trim() === '') throw new HttpError(400, 'missing request body');
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the body is not valid JSON');
  }
}
