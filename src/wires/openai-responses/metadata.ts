import { hasLength } from '../../common/validation/code-point-length.decorator.js';
import { isStorable, WITHOUT_EFFECT } from '../../common/validation/request-values.js';
import { displayField } from '../../common/validation/validation-error.js';
import type { ConversationMetadata } from '../../domain/conversation.js';
import { isFields, isGiven, refused } from '../given-fields.js';

const MOST_PAIRS = 16;
const LONGEST_NAME = 64;
const LONGEST_VALUE = 512;

/** Null where there is none. Throws `validation`. */
export function readMetadata(given: unknown): ConversationMetadata | null {
  if (!isGiven(given)) return null;
  if (!isFields(given)) throw refused('metadata', 'must be an object of strings');
  const pairs = Object.entries(given)
    .filter(([name]) => !WITHOUT_EFFECT.has(name))
    .map(([name, value]) => readPair(name, value));
  if (pairs.length > MOST_PAIRS)
    throw refused('metadata', `must have at most ${String(MOST_PAIRS)} pairs`);
  return pairs.length === 0 ? null : Object.fromEntries(pairs);
}

function readPair(name: string, value: unknown): [string, string] {
  // Of a body only values are looked at.
  if (!isStorable(name))
    throw refused(
      'metadata',
      'must have names that are Unicode text without NUL characters and lone surrogates',
    );
  if (!hasLength(name, 1, LONGEST_NAME))
    throw refused('metadata', `must have names of 1 to ${String(LONGEST_NAME)} characters`);
  if (typeof value === 'string' && hasLength(value, 0, LONGEST_VALUE)) return [name, value];
  const field = displayField(`metadata.${name}`);
  throw refused(field, `must be a string of at most ${String(LONGEST_VALUE)} characters`);
}
