import type { Heading } from '../local/stored-conversation.js';
import { storeUnavailable } from '../store-errors.js';
import { decodeHeading, decodeMessage } from './conversation-codec.js';
import type { Disk } from './disk.js';
import { DamagedFileError } from './json-reader.js';
import { MessageSplitter } from './message-splitter.js';

/** Bytes that are read and parsed before other requests can run: about a millisecond of work. */
export const SLICE = 128 * 1024;

const MOST_TRIES = 5;

/** Position of a message in its file, in bytes after the beginning of the first. */
export interface MessagePlace {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** A conversation's file without the texts of its messages. */
export interface Outline {
  readonly heading: Heading;
  /** The file's stamp when it was read or written: while it is the same, the outline is valid. */
  readonly stamp: string;
  /** Begin of the first message, in bytes. */
  readonly start: number;
  readonly places: readonly MessagePlace[];
}

/**
 * Reads and checks a whole file, slice by slice; null when there is none. Throws `DamagedFileError`,
 * or `NewerFileError` for the file of a later release.
 */
export async function readOutline(disk: Disk, path: string): Promise<Outline | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const outline = await tryToRead(disk, path);
    if (outline !== 'changed') return outline;
  }
  throw storeUnavailable(new Error('Another program changes the file repeatedly'));
}

async function tryToRead(disk: Disk, path: string): Promise<Outline | 'changed' | null> {
  const found = new FoundMessages();
  const splitter = new MessageSplitter((text, start, end) => found.add(text, start, end));
  let stamp: string | null = null;
  for (let offset = 0, size = 1; offset < size;) {
    const part = await disk.readPart(path, offset, offset + SLICE);
    if (!part) return null;
    if (stamp !== null && part.stamp !== stamp) return 'changed';
    splitter.push(part.bytes);
    ({ stamp, size } = part);
    offset += SLICE;
  }
  const { messageCount, ...heading } = decodeHeading(splitter.end());
  return { heading, stamp: stamp ?? '', start: found.start, places: found.check(messageCount) };
}

/** The messages of a file while it is read. */
class FoundMessages {
  start = 0;
  private readonly places: MessagePlace[] = [];
  private damage: DamagedFileError | null = null;

  /** The error is thrown later, since a file of a later release may have other messages. */
  add(text: string, start: number, end: number): void {
    if (this.damage) return;
    if (this.places.length === 0) this.start = start;
    try {
      const { id } = decodeMessage(text, this.places.length);
      this.places.push({ id, start: start - this.start, end: end - this.start });
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.damage = error;
    }
  }

  check(count: number): MessagePlace[] {
    if (this.damage) throw this.damage;
    if (count !== this.places.length)
      throw new DamagedFileError('messages is not a list of objects');
    if (new Set(this.places.map(({ id }) => id)).size < count)
      throw new DamagedFileError('two messages of one id');
    return this.places;
  }
}
