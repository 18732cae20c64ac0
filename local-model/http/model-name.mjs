import { HttpError } from './http-error.mjs';

/**
 * The name that a request gives, known to be the served model's.
 *
 * @param {Map<string, unknown>} fields
 * @param {import('../engine/engine.mjs').ModelCard} served
 * @param {(name: string) => string} notFound What Ollama's route says of an unknown one.
 * @returns {string} as the client wrote it
 */
export function requireModel(fields, served, notFound) {
  const name = fields.get('model') || fields.get('name');
  if (typeof name !== 'string') throw new HttpError(400, 'model is required');
  if (withTag(name) !== served.name) throw new HttpError(404, notFound(name));
  return name;
}

/** @param {string} name */
function withTag(name) {
  const lower = name.toLowerCase();
  return lower.includes(':') ? lower : `${lower}:latest`;
}
