import type { Message } from '../../domain/conversation.js';
import {
  isRange,
  keptFromStart,
  type ConversationChange,
  type ConversationCopy,
  type Heading,
  type StoredRange,
} from '../local/stored-conversation.js';
import type { Outbox } from './changes/outbox.js';
import { encodeHeading, encodeMessage, FILE_END, SEPARATOR } from './conversation-codec.js';
import { grownTree, impliedParent, type MessagePlace, type Outline } from './outline.js';
import { SLICE } from './read-outline.js';
import type { FileRange, Rewrite } from './rewrite.js';

/** A change as bytes of the file: unchanged messages are copied, not encoded again. */
export interface ConversationRewrite {
  content: Rewrite;
  /** The file's outline after it was written and has a stamp. */
  outlineAt: (stamp: string) => Outline;
}

/** @param before outline of the file that is changed; null for a new one */
export function rewriteOf(
  change: ConversationChange,
  before: Outline | null,
  outbox: Outbox,
): ConversationRewrite {
  const { heading, system, kept, added } = change;
  const messages = new NewMessages(heading, hasSystemAfter(change, before));
  if (system) messages.add(system);
  for (const each of kept)
    if (!isRange(each)) messages.add(each);
    else if (before) messages.copy(before, each);
  for (const message of added) messages.add(message);
  const { places, hasSystem } = messages;
  const newest = places.length > (hasSystem ? 1 : 0) ? (places.at(-1)?.id ?? null) : null;
  const head = encodeHeading(heading, newest, outbox);
  const start = Buffer.byteLength(head);
  const isGrown = keptFromStart(change) !== null && places.length >= (before?.places.length ?? 0);
  return {
    content: { stamp: before?.stamp ?? '', parts: [head, ...messages.parts(), FILE_END] },
    outlineAt: (stamp) => ({
      heading,
      stamp,
      start,
      places,
      hasSystem,
      hasUnnamed: before?.hasUnnamed ?? false,
      outbox: null,
      tree: isGrown ? grownTree(before?.tree ?? null, messages) : null,
    }),
  };
}

/**
 * Content that is made while it is written: only a page of it is in memory at once.
 *
 * @param newestId as of `encodeHeading`
 */
export function copyOf(
  { heading, hasSystem, pages }: ConversationCopy,
  outbox: Outbox,
  newestId: string | null | undefined,
): ConversationRewrite {
  const messages = new NewMessages(heading, hasSystem);
  const head = encodeHeading(heading, newestId, outbox);
  return {
    content: { stamp: '', parts: partsOf(head, messages, pages) },
    outlineAt: (stamp) => ({
      heading,
      stamp,
      start: Buffer.byteLength(head),
      places: messages.places,
      hasSystem,
      hasUnnamed: false,
      outbox: null,
      tree: null,
    }),
  };
}

async function* partsOf(
  head: string,
  messages: NewMessages,
  pages: ConversationCopy['pages'],
): AsyncGenerator<string> {
  yield head;
  for await (const page of pages)
    for (const message of page) {
      messages.add(message);
      if (messages.text.length >= SLICE) yield messages.takeText();
    }
  yield messages.takeText() + FILE_END;
}

function hasSystemAfter({ system, kept, added }: ConversationChange, before: Outline | null) {
  if (system) return true;
  const [first] = kept;
  if (before && first) return isRange(first) && first.from === 0 && before.hasSystem;
  return added[0]?.role === 'system';
}

/** The messages of a file that is to be written. */
class NewMessages {
  places: MessagePlace[] = [];
  private readonly written: (string | FileRange)[] = [];
  /** What follows `written`. */
  text = '';
  private length = 0;

  constructor(
    readonly heading: Heading,
    readonly hasSystem: boolean,
  ) {}

  parts(): (string | FileRange)[] {
    return [...this.written, this.text];
  }

  copy({ start, places }: Outline, { from, to }: StoredRange): void {
    const copied = places.slice(from, to);
    const first = copied[0]?.start ?? 0;
    const end = copied.at(-1)?.end ?? first;
    this.separate();
    if (this.text !== '') this.written.push(this.takeText());
    this.written.push({ start: start + first, end: start + end });
    const moved = this.length - first;
    if (from === 0 && moved === 0) this.places = copied;
    else
      for (const place of copied)
        this.places.push({ ...place, start: place.start + moved, end: place.end + moved });
    this.length = end + moved;
  }

  add(message: Message): void {
    this.separate();
    const implied = impliedParent(this, this.places.length);
    const parentId = message.parentId === implied ? null : message.parentId;
    const text = encodeMessage({ ...message, parentId });
    this.text += text;
    const start = this.length;
    this.length += Buffer.byteLength(text);
    const { id, clientId, role } = message;
    this.places.push({ id, clientId, role, parentId, start, end: this.length });
  }

  takeText(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  private separate(): void {
    if (this.places.length === 0) return;
    this.text += SEPARATOR;
    this.length += SEPARATOR.length;
  }
}
