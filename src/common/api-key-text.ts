import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BASE62, toBase62 } from './text/base62.js';

const PREFIX = 'ocs_';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const HINT_LENGTH = 8;
const FORM = /^ocs_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

/** A new key: `ocs_`, 30 random characters (178 bits), and their checksum. */
export function newKey(): string {
  const characters = Array.from({ length: RANDOM_LENGTH }, () => BASE62[randomInt(BASE62.length)]);
  const random = characters.join('');
  return `${PREFIX}${random}${checksum(random)}`;
}

/** Whether a text has the form of a key, its checksum too: others are in no store. */
export function isKeyText(text: string): boolean {
  const [, random, sum] = FORM.exec(text) ?? [];
  return random !== undefined && sum === checksum(random);
}

/** SHA-256, in hex: what is stored of a key. It is random enough to need no salt and no slow hash. */
export function keyDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** What is shown of a key. */
export function keyHint(key: string): string {
  return key.slice(0, HINT_LENGTH);
}

function checksum(random: string): string {
  return toBase62(crc32(random), CHECKSUM_LENGTH);
}
