import type { Message } from '../../domain/conversation.js';
import { hasName, type NamedMessage, type StoredMessages } from '../local/stored-conversation.js';
import type { MessageTree } from '../rules/tree.js';
import { storeUnavailable } from '../store-errors.js';
import { decodeMessage } from './conversation-codec.js';
import type { Disk } from './disk.js';
import { DamagedFileError } from './json-reader.js';
import { parentAt, treeOf, type Outline } from './outline.js';
import type { Outlines } from './outlines.js';
import { SLICE } from './read-outline.js';

/** The messages of a conversation's file, read at their positions. */
export class FileMessages implements StoredMessages {
  constructor(
    private readonly disk: Disk,
    private readonly outlines: Outlines,
    private readonly path: string,
    /** Outline of the file when the conversation was loaded. */
    readonly outline: Outline,
  ) {}

  get length(): number {
    return this.outline.places.length;
  }

  get hasSystem(): boolean {
    return this.outline.hasSystem;
  }

  get lastId(): string | null {
    return this.outline.places.at(-1)?.id ?? null;
  }

  /** From the end, since callers mostly request new messages. */
  placeOf(id: string): number {
    const { tree, places } = this.outline;
    return tree ? tree.placeOf(id) : places.findLastIndex((place) => place.id === id);
  }

  named(names: ReadonlySet<string>): NamedMessage[] {
    const { places, hasSystem } = this.outline;
    return places.flatMap((place, at) => {
      if ((at === 0 && hasSystem) || !hasName(place, names)) return [];
      const { id, clientId, role } = place;
      return { id, clientId, parentId: parentAt(this.outline, at), role };
    });
  }

  tree(): MessageTree {
    return treeOf(this.outline);
  }

  async read(places: readonly number[]): Promise<Message[] | null> {
    try {
      return await this.readAll(places);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      // The next load reads it completely and quarantines it.
      this.outlines.forget(this.path);
      throw storeUnavailable(error);
    }
  }

  private async readAll(places: readonly number[]): Promise<Message[] | null> {
    const messages: Message[] = [];
    let outline: Outline = this.outlines.last(this.path) ?? this.outline;
    let left = movedPlaces(places, this.outline, outline);
    while (left.length > 0) {
      const slice = await this.readSlice(outline, left);
      if (slice) {
        for (const message of slice) messages.push(message);
        left = left.slice(slice.length);
        continue;
      }
      const now = await this.outlines.current(this.path);
      if (!now) return null;
      left = movedPlaces(left, outline, now);
      outline = now;
    }
    return messages;
  }

  /** As many of the messages as make a slice, one at least; null if the file was replaced. */
  private async readSlice(outline: Outline, wanted: readonly number[]): Promise<Message[] | null> {
    const { places, start } = outline;
    const begin = places[wanted[0] ?? 0]?.start ?? 0;
    const found = wanted.findIndex((at) => (places[at]?.end ?? 0) - begin > SLICE);
    const slice = wanted.slice(0, found === -1 ? wanted.length : Math.max(1, found));
    const last = places[slice.at(-1) ?? 0]?.end ?? begin;
    const part = await this.disk.readPart(this.path, start + begin, start + last);
    if (part?.stamp !== outline.stamp) return null;
    return slice.map((at) => {
      const place = places[at];
      const text = part.bytes.toString(
        'utf8',
        (place?.start ?? 0) - begin,
        (place?.end ?? 0) - begin,
      );
      // Written fields are overwritten, none are added (docs/adr/0014-hidden-classes.md).
      return { ...decodeMessage(text, at), id: place?.id ?? '', parentId: parentAt(outline, at) };
    });
  }
}

/** The places of the same messages in another outline, without those that are not there any more. */
function movedPlaces(places: readonly number[], from: Outline, to: Outline): readonly number[] {
  const isThere = (at: number) => to.places[at]?.id === from.places[at]?.id;
  if (from === to || places.every(isThere)) return places;
  const byId = new Map(to.places.map(({ id }, at) => [id, at]));
  return places.flatMap((at) => byId.get(from.places[at]?.id ?? '') ?? []);
}
