import type { ConversationMetadata } from '../../domain/conversation.js';
import { isFields, isGiven, refused } from '../given-fields.js';

const MOST_PAIRS = 16;
const LONGEST_NAME = 64;
const LONGEST_TEXT = 512;

/** What a client notes of an object of its own; null where it gives none. Throws `validation`. */
export function readMetadata(metadata: unknown): ConversationMetadata | null {
  if (!isGiven(metadata)) return null;
  if (!isFields(metadata)) throw refused('metadata', 'must be an object of texts');
  const pairs = Object.entries(metadata);
  if (pairs.length > MOST_PAIRS)
    throw refused('metadata', `must have at most ${String(MOST_PAIRS)} entries`);
  return Object.fromEntries(pairs.map(([name, text]) => [name, readText(name, text)]));
}

function readText(name: string, text: unknown): string {
  if (name.length > LONGEST_NAME)
    throw refused('metadata', `must have names of at most ${String(LONGEST_NAME)} characters`);
  if (typeof text !== 'string' || text.length > LONGEST_TEXT)
    throw refused('metadata', `must have texts of at most ${String(LONGEST_TEXT)} characters`);
  return text;
}
