import { FormatError, parseFormat } from '../engine/format.mjs';
import { OptionError, parseOptions } from '../engine/options.mjs';
import { HttpError } from './http-error.mjs';
import { requireModel } from './model-name.mjs';

/**
 * @typedef {object} ChatRequest
 * @property {string} model As the client wrote it; Ollama echoes that.
 * @property {import('../engine/engine.mjs').ChatMessage[]} messages Empty: only load the model.
 * @property {import('../engine/options.mjs').Options} options
 * @property {import('../engine/format.mjs').Format | null} format
 * @property {boolean} truncate
 * @property {boolean} stream
 */

/**
 * @param {Map<string, unknown>} fields
 * @param {import('../engine/engine.mjs').ModelCard} served
 * @returns {ChatRequest}
 */
export function parseChatRequest(fields, served) {
  const model = requireModel(
    fields,
    served,
    (name) => `model "${name}" not found, try pulling it first`,
  );
  refuseWhatItCannot(fields, model);
  return {
    model,
    messages: parseMessages(fields.get('messages') ?? []),
    options: parsed(() => parseOptions(fields.get('options'))),
    format: parsed(() => parseFormat(fields.get('format'))),
    truncate: fields.get('truncate') !== false,
    stream: fields.get('stream') !== false,
  };
}

/**
 * @param {unknown} value
 * @returns {import('../engine/engine.mjs').ChatMessage[]}
 */
function parseMessages(value) {
  if (!Array.isArray(value)) throw new HttpError(400, 'messages must be an array');
  return value.map((/** @type {unknown} */ item) => {
    const message =
      typeof item === 'object' && item !== null ? new Map(Object.entries(item)) : null;
    const role = message?.get('role');
    const content = message?.get('content') ?? '';
    if (typeof role !== 'string' || typeof content !== 'string') {
      throw new HttpError(400, 'each message needs a role and a content, both strings');
    }
    if (!['system', 'user', 'assistant', 'tool'].includes(role)) {
      throw new HttpError(400, 'invalid role: it must be one of system, user, assistant, tool');
    }
    return { role, content };
  });
}

/**
 * @template T
 * @param {() => T} parse
 * @returns {T}
 */
function parsed(parse) {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OptionError || error instanceof FormatError) {
      throw new HttpError(400, error.message);
    }
    throw error;
  }
}

/**
 * A request for what this model cannot do is refused, as Ollama refuses it, rather than ignored.
 *
 * @param {Map<string, unknown>} fields
 * @param {string} model
 */
function refuseWhatItCannot(fields, model) {
  const tools = fields.get('tools');
  if (Array.isArray(tools) && tools.length > 0) {
    throw new HttpError(400, `"${model}" does not support tools`);
  }
  if (fields.get('think')) throw new HttpError(400, `"${model}" does not support thinking`);
}
