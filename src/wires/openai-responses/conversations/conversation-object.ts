import { hasLength } from '../../../common/validation/code-point-length.decorator.js';
import { WITHOUT_EFFECT } from '../../../common/validation/request-values.js';
import { displayField } from '../../../common/validation/validation-error.js';
import type { ConversationMetadata, ConversationSummary } from '../../../domain/conversation.js';
import { isFields, isGiven, refused } from '../../given-fields.js';
import { conversationObjectId } from '../items/item-ids.js';

/** A conversation as OpenAI's clients read it. */
export interface ConversationObject {
  id: string;
  object: 'conversation';
  /** Epoch seconds. */
  created_at: number;
  metadata: ConversationMetadata;
}

export interface DeletedConversationObject {
  id: string;
  object: 'conversation.deleted';
  deleted: true;
}

export function conversationObject({
  id,
  createdAt,
  metadata,
}: Pick<ConversationSummary, 'id' | 'createdAt' | 'metadata'>): ConversationObject {
  return {
    id: conversationObjectId(id),
    object: 'conversation',
    created_at: Math.floor(createdAt / 1000),
    metadata: metadata ?? {},
  };
}

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
  if (!hasLength(name, 1, LONGEST_NAME))
    throw refused('metadata', `must have names of 1 to ${String(LONGEST_NAME)} characters`);
  if (typeof value === 'string' && hasLength(value, 0, LONGEST_VALUE)) return [name, value];
  const field = displayField(`metadata.${name}`);
  throw refused(field, `must be a string of at most ${String(LONGEST_VALUE)} characters`);
}
