import type { ConversationChange } from '../local/stored-conversation.js';
import { encodeHeading, encodeMessage, FILE_END, SEPARATOR } from './conversation-codec.js';
import type { Outline } from './outline.js';
import type { Rewrite } from './rewrite.js';

/** A change as bytes of the file: unchanged messages are copied, not encoded again. */
export interface ConversationRewrite {
  content: Rewrite;
  /** The file's outline after it was written and has a stamp. */
  outlineAt: (stamp: string) => Outline;
}

/** @param before outline of the file that is changed; null for a new one */
export function rewriteOf(
  { ownerId, id, title, createdAt, updatedAt, unchangedCount, added }: ConversationChange,
  before: Outline | null,
): ConversationRewrite {
  const heading = { ownerId, id, title, createdAt, updatedAt };
  const head = encodeHeading(heading);
  const places = before ? before.places.slice(0, unchangedCount) : [];
  let length = places.at(-1)?.end ?? 0;
  const copied = before && {
    stamp: before.stamp,
    start: before.start,
    end: before.start + length,
  };
  let tail = '';
  for (const message of added) {
    const separator = places.length === 0 ? '' : SEPARATOR;
    const text = encodeMessage(message);
    const begin = length + separator.length;
    length = begin + Buffer.byteLength(text);
    places.push({ id: message.id, start: begin, end: length });
    tail += separator + text;
  }
  const start = Buffer.byteLength(head);
  return {
    content: { head, copied, tail: tail + FILE_END },
    outlineAt: (stamp) => ({ heading, stamp, start, places }),
  };
}
