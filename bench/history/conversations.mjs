import { seeded, seededUuid } from './random.mjs';

/**
 * @typedef {object} SeedMessage
 * @property {string} id
 * @property {number} seq from 1
 * @property {'user' | 'assistant'} role
 * @property {string} content
 * @property {number} createdAt
 *
 * @typedef {object} SeedConversation
 * @property {string} id
 * @property {string} title
 * @property {number} createdAt
 * @property {number} updatedAt
 * @property {SeedMessage[]} messages
 */

export const OWNER = 'default';

/** One conversation is as long as they come. */
const LONGEST = 2_000;
/** Turns of the others: many short ones, few long ones. */
const MEAN_TURNS = 4;
const START = Date.UTC(2025, 0, 1);
const VOCABULARY = 5_000;
const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za'.split(' ');

/**
 * Conversations with so many messages in all, the same for the same seed. Words come as often as in
 * a language: few of them most of the time.
 *
 * @param {number} messages
 * @param {number} seed
 * @returns {Generator<SeedConversation>}
 */
export function* conversations(messages, seed) {
  const random = seeded(seed);
  const words = vocabulary(random);
  let left = messages;
  for (let number = 0; left > 0; number += 1) {
    const wanted =
      number === 0 ? LONGEST : 2 * (1 + Math.floor(-Math.log(1 - random()) * MEAN_TURNS));
    const size = Math.min(left, wanted);
    left -= size;
    yield conversation({ random, words, number, size });
  }
}

/** @param {{ random: () => number, words: string[], number: number, size: number }} shape */
function conversation({ random, words, number, size }) {
  const createdAt = START + number * 60_000 + Math.floor(random() * 60_000);
  const messages = Array.from({ length: size }, (_, index) => {
    const role =
      index % 2 === 0 ? /** @type {const} */ ('user') : /** @type {const} */ ('assistant');
    const length = role === 'user' ? 4 + random() * 14 : 12 + random() * 60;
    return {
      id: seededUuid(random),
      seq: index + 1,
      role,
      content: text(random, words, length),
      createdAt: createdAt + index * 1000,
    };
  });
  return {
    id: seededUuid(random),
    title: text(random, words, 4),
    createdAt,
    updatedAt: createdAt + size * 1000,
    messages,
  };
}

/** @param {() => number} random @param {string[]} words @param {number} length in words */
function text(random, words, length) {
  let sentence = '';
  for (let count = 0; count < length; count += 1) {
    // Nearly Zipf's law: the nth word comes a share of 1/n as often.
    const rank = Math.floor(VOCABULARY ** random()) - 1;
    sentence += `${sentence === '' ? '' : ' '}${words[rank] ?? words[0]}`;
  }
  return sentence;
}

/** @param {() => number} random */
function vocabulary(random) {
  const syllable = () => SYLLABLES[Math.floor(random() * SYLLABLES.length)] ?? 'ba';
  return Array.from({ length: VOCABULARY }, (_, rank) =>
    Array.from({ length: 1 + (rank % 4) }, syllable).join(''),
  );
}
