import type { CancelSignal } from '../../domain/cancellation.js';
import { PackedPieces } from '../../domain/packed-pieces.js';
import { charactersOf, textOf, written, type Piece, type Written } from '../../domain/parts.js';
import type { TerminalEvent } from '../events.js';

/**
 * Bytes of a string in V8: two per character for text that is not Latin, plus the overhead of each
 * piece.
 */
const BYTES_A_CHARACTER = 2;
const BYTES_A_TOKEN = 32;
/** Bytes of a packed token: the position of its end. */
const BYTES_A_PACKED_TOKEN = 8;

/**
 * The numbered events of one generation, in memory: tokens 1…n, then one terminal event n + 1. The
 * writer is the runner, or a remote log that reads the store. Each reader has its own position, so
 * a slow reader needs no buffer and delays no other.
 *
 * Tokens are stored one by one: joining them at each would copy the text again and again.
 */
export class EventLog {
  private pieces: Piece[] = [];
  /** How many of them are not text. */
  private others = 0;
  /** Replaces `pieces` after the end. */
  private packed: PackedPieces | null = null;
  /** UTF-16 units of all pieces. */
  characters = 0;
  private end: TerminalEvent | null = null;
  /** Null without listeners: an empty set needs as much memory as a short answer. */
  private listeners: Set<() => void> | null = null;

  /** Number of the last token. */
  get tokenCount(): number {
    return this.packed ? this.packed.length : this.pieces.length;
  }

  get terminal(): TerminalEvent | null {
    return this.end;
  }

  /** Number of the last event, the terminal one included. */
  get lastSeq(): number {
    return this.tokenCount + (this.end ? 1 : 0);
  }

  /** What event `seq` (from 1) adds. */
  at(seq: number): Piece {
    return (this.packed ? this.packed.at(seq - 1) : this.pieces[seq - 1]) ?? '';
  }

  /** What the events numbered above `after` add. */
  piecesAfter(after: number): Piece[] {
    return this.packed ? this.packed.from(after) : this.pieces.slice(after);
  }

  /** The text so far. */
  text(): string {
    return this.packed ? this.packed.text() : textOf(this.pieces);
  }

  /** The answer so far. */
  written(thinkingMs: number | null = null): Written {
    if (this.others === 0) return { response: this.text(), parts: null };
    return written(this.piecesAfter(0), thinkingMs);
  }

  /** Adds an event. Readers are woken by `wake`, once for all that arrived together. */
  append(piece: Piece): void {
    if (this.packed) return;
    this.pieces.push(piece);
    if (typeof piece !== 'string') this.others += 1;
    this.characters += charactersOf(piece).length;
  }

  /** Its approximate size in memory, in bytes. */
  get bytes(): number {
    const perToken = this.packed ? BYTES_A_PACKED_TOKEN : BYTES_A_TOKEN;
    return this.characters * BYTES_A_CHARACTER + this.tokenCount * perToken;
  }

  /** Adds the last event and wakes all readers. Only the first end counts. */
  close(event: TerminalEvent): void {
    if (this.end) return;
    this.end = event;
    this.wake();
  }

  /** Compacts a log that has ended. */
  pack(): void {
    this.packed ??= new PackedPieces(this.pieces);
    this.pieces = [];
  }

  wake(): void {
    for (const listener of this.listeners ?? []) listener();
  }

  /** Calls `listener` after each growth until the returned function is called. */
  onGrowth(listener: () => void): () => void {
    this.listeners ??= new Set();
    this.listeners.add(listener);
    return () => {
      this.listeners?.delete(listener);
      if (this.listeners?.size === 0) this.listeners = null;
    };
  }

  /** Resolves once there is an event above `after`, the signal aborts, or `withinMs` are over. */
  growth(after: number, signal?: CancelSignal, withinMs?: number): Promise<void> {
    return this.until(() => this.lastSeq > after, signal, withinMs);
  }

  /** Resolves with the terminal event, or null if the signal aborts or `withinMs` are over first. */
  async ended(signal?: CancelSignal, withinMs?: number): Promise<TerminalEvent | null> {
    await this.until(() => this.end !== null, signal, withinMs);
    return this.end;
  }

  private async until(
    holds: () => boolean,
    signal: CancelSignal | undefined,
    withinMs?: number,
  ): Promise<void> {
    if (holds() || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stopListening();
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const stopListening = this.onGrowth(() => {
        if (holds()) done();
      });
      const timer = withinMs === undefined ? undefined : setTimeout(done, withinMs);
      signal?.addEventListener('abort', done);
    });
  }
}
