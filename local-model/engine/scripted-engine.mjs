import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { FormatError } from './format.mjs';
import { StopFilter } from './stop-filter.mjs';

/**
 * @typedef {import('./engine.mjs').ChatMessage} ChatMessage
 * @typedef {import('./engine.mjs').Engine} Engine
 */

const NAME = 'scripted-demo:latest';
const CONTEXT_LENGTH = 8192;
const LONGEST_ECHO = 200;

/**
 * A stand-in for machines that cannot have a model, so that the API can still be tried. Each answer
 * begins by saying that it is scripted; nothing here is, or pretends to be, a language model.
 *
 * @param {{ msPerWord: number }} pace So slow that streaming can be seen.
 * @returns {Engine}
 */
export function createScriptedEngine({ msPerWord }) {
  return {
    model: card(),
    generate: (request) => speak(request, msPerWord),
    dispose: async () => {},
  };
}

/**
 * @param {import('./engine.mjs').GenerateRequest} request
 * @param {number} msPerWord
 * @returns {AsyncGenerator<import('./engine.mjs').Piece>}
 */
async function* speak({ messages, options, format, signal }, msPerWord) {
  if (format !== null) throw new FormatError('scripted-demo does not support format');
  const words = wordsOf(scriptFor(messages));
  const most = options.num_predict < 0 ? words.length : options.num_predict;
  const stops = new StopFilter(options.stop);
  let spoken = 0;
  let stopped = false;
  for (const word of words.slice(0, most)) {
    await delay(msPerWord, undefined, { signal });
    spoken += 1;
    const piece = stops.push(word);
    if (piece.text !== '') yield { kind: 'text', text: piece.text };
    stopped = piece.stopped;
    if (stopped) break;
  }
  const rest = stops.rest();
  if (rest !== '') yield { kind: 'text', text: rest };
  yield {
    kind: 'end',
    reason: stopped || spoken === words.length ? 'stop' : 'length',
    promptTokens: messages.reduce((sum, message) => sum + wordsOf(message.content).length, 0),
    answerTokens: spoken,
  };
}

/** @param {ChatMessage[]} messages */
function scriptFor(messages) {
  const asked = messages.filter((message) => message.role === 'user');
  const last = [...(asked.at(-1)?.content ?? '')].slice(0, LONGEST_ECHO).join('');
  return (
    '[scripted-demo] This answer is scripted: no language model is running. ' +
    'A real one is not available on this machine, so this stand-in answers instead, ' +
    'to let you try the API. It does not understand your messages. ' +
    `This conversation has reached it with ${messages.length} message(s), ` +
    `${asked.length} of them yours; the last was: "${last}"`
  );
}

/**
 * @param {string} text
 * @returns {string[]} words with the space before them, as a model's tokens are
 */
function wordsOf(text) {
  return text.match(/\s*\S+/g) ?? [];
}

/** @returns {import('./engine.mjs').ModelCard} */
function card() {
  return {
    name: NAME,
    digest: createHash('sha256').update(NAME).digest('hex'),
    size: 0,
    modifiedAt: new Date(0).toISOString(),
    details: { format: 'script', family: 'scripted', parameterSize: '0', quantization: 'none' },
    info: {
      'general.architecture': 'scripted',
      'general.parameter_count': 0,
      'scripted.context_length': CONTEXT_LENGTH,
    },
    template: '',
    license: 'MIT',
  };
}
