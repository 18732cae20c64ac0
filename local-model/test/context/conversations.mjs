// Long conversations in ten languages and scripts, and how much of the window each prompt used.
import { readFileSync } from 'node:fs';

export const LANGUAGES = [
  'English',
  'German',
  'Vietnamese',
  'Russian',
  'Arabic',
  'Hindi',
  'Chinese',
  'Korean',
  'code',
  'emoji',
];
/** Characters of one message: a small part of the window in any language. */
const PIECE = 90;

const TEXTS = new URL('../../../test/support/token-texts.json', import.meta.url);

/**
 * Messages of a language, again and again.
 *
 * @param {string} language
 * @returns {string[]}
 */
export function piecesOf(language) {
  /** @type {{ what: string, text: string }[]} */
  const texts = JSON.parse(readFileSync(TEXTS, 'utf8'));
  const characters = [...(texts.find(({ what }) => what === language)?.text ?? '')];
  // An emoji or a Chinese character is a token or more, a letter of English a quarter.
  const size = ['Chinese', 'Korean', 'emoji'].includes(language) ? PIECE / 3 : PIECE;
  const pieces = [];
  for (let at = 0; at < characters.length; at += size) {
    pieces.push(
      characters
        .slice(at, at + size)
        .join('')
        .trim(),
    );
  }
  return pieces.filter((piece) => piece !== '');
}

/**
 * @typedef {object} Answer
 * @property {string} conversation_id
 * @property {{ prompt_tokens: number }} usage
 * @property {{ messages_left_out: number }} context
 *
 * @typedef {object} Usage One language's use of the window.
 * @property {string} language
 * @property {number} turns
 * @property {number} most Tokens of the longest prompt, as the model counted them.
 * @property {number} least Of the prompts of which something was left out, the shortest but the first.
 * @property {number} first Of those, the first.
 */

/**
 * A conversation until its window has been full for some turns.
 *
 * @param {string} service Address of the chat service.
 * @param {string} language
 * @param {{ model: string, fullTurns: number, maxTokens: number }} how
 * @returns {Promise<Usage>}
 */
export async function fillWindow(service, language, { model, fullTurns, maxTokens }) {
  const pieces = piecesOf(language);
  /** @type {number[]} */
  const full = [];
  let most = 0;
  let turns = 0;
  /** @type {string | undefined} */
  let conversation;
  while (full.length < fullTurns) {
    const response = await fetch(`${service}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        message: pieces[turns % pieces.length],
        model,
        parameters: { max_tokens: maxTokens, temperature: 0 },
        ...(conversation === undefined ? {} : { conversation_id: conversation }),
      }),
    });
    const answer = /** @type {Answer} */ (await response.json());
    if (response.status !== 200) throw new Error(`${language}: ${JSON.stringify(answer)}`);
    conversation = answer.conversation_id;
    turns += 1;
    const used = answer.usage.prompt_tokens;
    most = Math.max(most, used);
    if (answer.context.messages_left_out > 0) full.push(used);
  }
  return { language, turns, most, first: full[0] ?? 0, least: Math.min(...full.slice(1)) };
}

/**
 * @param {Usage[]} usages
 * @param {number} window
 */
export function tableOf(usages, window) {
  const percent = (/** @type {number} */ tokens) => `${((100 * tokens) / window).toFixed(1)} %`;
  const rows = usages.map(({ language, turns, most, least, first }) => [
    language,
    String(turns),
    percent(first),
    percent(least),
    percent(most),
    most > window ? 'yes' : 'no',
  ]);
  return [['language', 'turns', 'first full', 'least', 'most', 'over'], ...rows]
    .map((row) => row.map((cell) => cell.padEnd(12)).join(''))
    .join('\n');
}
