import type { Message } from '../../domain/conversation.js';
import type { StoredMessages } from '../local/stored-conversation.js';
import { storeUnavailable } from '../store-errors.js';
import { decodeMessage } from './conversation-codec.js';
import type { Disk } from './disk.js';
import { DamagedFileError } from './json-reader.js';
import { SLICE, type Outline } from './outline.js';
import type { Outlines } from './outlines.js';

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

  /** From the end, since callers mostly request new messages. */
  placeOf(id: string): number {
    return this.outline.places.findLastIndex((place) => place.id === id);
  }

  /**
   * A file that was replaced meanwhile has the same messages at the same positions, except the
   * last.
   */
  async read(from: number, to: number): Promise<Message[] | null> {
    try {
      return await this.readAll(from, to);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      // The next load reads it completely and quarantines it.
      this.outlines.forget(this.path);
      throw storeUnavailable(error);
    }
  }

  private async readAll(from: number, to: number): Promise<Message[] | null> {
    const messages: Message[] = [];
    let outline: Outline | null = this.outlines.last(this.path) ?? this.outline;
    while (outline) {
      const place = from + messages.length;
      const end = Math.min(to, outline.places.length);
      if (place >= end) return messages;
      const slice = await this.readSlice(outline, place, end);
      if (slice) for (const message of slice) messages.push(message);
      else outline = await this.outlines.current(this.path);
    }
    return null;
  }

  /** As many messages as make a slice, one at least; null if the file was replaced. */
  private async readSlice(outline: Outline, from: number, end: number): Promise<Message[] | null> {
    const { places, start } = outline;
    const begin = places[from]?.start ?? 0;
    let to = from + 1;
    while (to < end && (places[to]?.end ?? 0) - begin <= SLICE) to += 1;
    const slice = places.slice(from, to);
    const last = slice.at(-1)?.end ?? begin;
    const part = await this.disk.readPart(this.path, start + begin, start + last);
    if (part?.stamp !== outline.stamp) return null;
    const { bytes } = part;
    return slice.map((place, index) =>
      decodeMessage(bytes.toString('utf8', place.start - begin, place.end - begin), from + index),
    );
  }
}
