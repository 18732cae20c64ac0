import type { Heading } from '../local/stored-conversation.js';
import { isOneBranch, MessageTree } from '../rules/tree.js';
import { storeUnavailable } from '../store-errors.js';
import {
  decodeHeading,
  decodeMessage,
  nameOf,
  type DecodedHeading,
  type WrittenHeading,
} from './conversation-codec.js';
import type { Disk } from './disk.js';
import { DamagedFileError } from './json-reader.js';
import { MessageSplitter } from './message-splitter.js';
import { grownTree, type MessagePlace, type Outline } from './outline.js';

/** Bytes that are read and parsed before other requests can run: about a millisecond of work. */
export const SLICE = 128 * 1024;

const MOST_TRIES = 5;

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
  return found.outline(decodeHeading(splitter.end()), stamp ?? '');
}

/** The messages of a file while it is read. */
class FoundMessages {
  private start = 0;
  private hasSystem = false;
  private hasUnnamed = false;
  private hasBranches = false;
  private readonly ids = new Set<string>();
  /** Places of messages with a written parent that may be none. */
  private readonly odd: number[] = [];
  private readonly places: MessagePlace[] = [];
  private damage: DamagedFileError | null = null;

  /** The error is thrown later, since a file of a later release may have other messages. */
  add(text: string, start: number, end: number): void {
    if (this.damage) return;
    if (this.places.length === 0) this.start = start;
    try {
      this.addPlace(text, start - this.start, end - this.start);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.damage = error;
    }
  }

  outline({ messageTotal, outbox, ...written }: DecodedHeading, stamp: string): Outline {
    if (this.damage) throw this.damage;
    const { start, places, hasSystem, hasUnnamed } = this;
    if (messageTotal !== places.length)
      throw new DamagedFileError('messages is not a list of objects');
    if (this.ids.size < messageTotal) throw new DamagedFileError('two messages of one id');
    this.settleParents(written.id);
    const shape = { places, hasSystem, heading: written };
    const tree = this.isOneBranch(written) ? null : grownTree(new MessageTree([]), shape);
    const heading = this.heading(written, tree);
    const isTreeNeeded = !isOneBranch(heading);
    return {
      heading,
      stamp,
      start,
      places,
      hasSystem,
      hasUnnamed,
      outbox,
      tree: isTreeNeeded ? tree : null,
    };
  }

  private addPlace(text: string, start: number, end: number): void {
    const place = this.places.length;
    const { id, clientId, parentId, role } = decodeMessage(text, place);
    if (place === 0) this.hasSystem = role === 'system';
    this.hasUnnamed ||= id === nameOf(place);
    this.hasBranches ||= parentId !== null;
    const isTop = this.hasSystem && parentId === this.places[0]?.id;
    if (parentId !== null && (isTop || !this.ids.has(parentId))) this.odd.push(place);
    this.ids.add(id);
    this.places.push({ id, clientId, role, parentId, start, end });
  }

  /**
   * A parent is a message made before, or the top: the conversation, or for another program its system
   * prompt. Anything else counts as not written.
   */
  private settleParents(conversationId: string): void {
    const tops = [conversationId, this.hasSystem ? this.places[0]?.id : undefined];
    for (const at of this.odd) {
      const place = this.places[at];
      const parentId = place?.parentId;
      if (place)
        this.places[at] = {
          ...place,
          parentId: tops.includes(parentId ?? '') ? conversationId : null,
        };
    }
  }

  private isOneBranch({ activeMessageId }: WrittenHeading): boolean {
    return !this.hasBranches && activeMessageId === null;
  }

  /** An active end that is not there (any more) is the newest message; the top: there is none. */
  private heading(written: WrittenHeading, tree: MessageTree | null): Heading {
    const { places, hasSystem } = this;
    const system = hasSystem ? 1 : 0;
    const newest = places.length > system ? (places.at(-1)?.id ?? null) : null;
    const { activeMessageId: chosen } = written;
    const isThere = chosen !== null && tree?.depthOf(chosen);
    const activeMessageId = chosen === written.id ? null : isThere ? chosen : newest;
    const length = tree ? tree.depthOf(activeMessageId ?? '') + system : places.length;
    return { ...written, activeMessageId, messageCount: length, messageTotal: places.length };
  }
}
