/** Parameters of a Modelfile that a generation needs. */
export interface ModelfileParameters {
  /** `PARAMETER num_ctx`, in tokens. */
  numCtx: number | null;
  /** `PARAMETER stop`: stop words of this model. */
  stop: string[];
}

/** Read at most: there are a dozen lines of some twenty characters. */
const MAX_LENGTH = 64 * 1024;
const MAX_STOP_WORDS = 32;
const MAX_STOP_LENGTH = 100;
const CONTEXT = { least: 4, most: 10_000_000 };

/** Largest context to request by default: a larger one needs much memory and is rarely used. */
const LARGEST_BY_DEFAULT = 8_192;
/** Ollama's own default, for a model whose context length is not known. */
const WHERE_UNKNOWN = 4_096;

/**
 * The context to request, in tokens: the Modelfile's, up to the configured size; without it the
 * configured size, without both the model's context length, up to 8,192. Never more than the
 * model's context length: Ollama would silently reduce it.
 */
export function contextSize(
  { numCtx, contextLength }: { numCtx: number | null; contextLength: number | null },
  configured: number | null,
): number {
  const byDefault = Math.min(contextLength ?? WHERE_UNKNOWN, LARGEST_BY_DEFAULT);
  const wanted =
    numCtx === null ? (configured ?? byDefault) : Math.min(numCtx, configured ?? Infinity);
  return Math.min(wanted, contextLength ?? wanted);
}

/** Escapes of a Go string that JSON does not have, with their characters. */
const GO_ESCAPES = new Map([
  ['a', '\x07'],
  ['v', '\v'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * The `parameters` text of `POST /api/show`: a line each, the name, blanks, the value as Go writes
 * it: `num_ctx                        32768`, `stop                           "<|im_end|>"`.
 */
export function readParameters(text: unknown): ModelfileParameters {
  const parameters: ModelfileParameters = { numCtx: null, stop: [] };
  if (typeof text !== 'string') return parameters;
  for (const line of text.slice(0, MAX_LENGTH).split('\n')) {
    const [, name, value = ''] = /^(\w+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (name === 'num_ctx') parameters.numCtx = readContextSize(value);
    if (name === 'stop') addStopWord(parameters.stop, goString(value));
  }
  return parameters;
}

function readContextSize(value: string): number | null {
  const size = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  return size >= CONTEXT.least && size <= CONTEXT.most ? size : null;
}

function addStopWord(words: string[], word: string): void {
  const usable = word !== '' && word.length <= MAX_STOP_LENGTH && !words.includes(word);
  if (usable && words.length < MAX_STOP_WORDS) words.push(word);
}

/** The text between the quotes; text without quotes is used as it is. */
function goString(value: string): string {
  const quoted = /^"(.*)"$/.exec(value)?.[1];
  if (quoted === undefined) return value;
  return quoted.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/g,
    (_, byte?: string, unit?: string, point?: string, letter?: string) =>
      letter === undefined
        ? character(byte ?? unit ?? point ?? '')
        : (GO_ESCAPES.get(letter) ?? letter),
  );
}

function character(hexadecimal: string): string {
  const code = Number.parseInt(hexadecimal, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
