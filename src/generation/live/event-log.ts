import type { CancelSignal } from '../../domain/cancellation.js';
import type { TerminalEvent } from '../events.js';

/** Of a string in V8: two for a text that is not Latin, and head and place of each piece. */
const BYTES_A_CHARACTER = 2;
const BYTES_A_TOKEN = 32;

/**
 * The numbered events of one generation, in memory: tokens 1…n, then one terminal event n + 1.
 * Its writer is the runner, or a mirror that reads the store; its readers each keep their own place,
 * so a slow one costs nothing and delays nobody.
 *
 * Tokens are kept apart: joining them at each one would copy the text again and again.
 */
export class EventLog {
  private readonly texts: string[] = [];
  private characters = 0;
  private end: TerminalEvent | null = null;
  private readonly listeners = new Set<() => void>();

  /** Number of the last token. */
  get tokenCount(): number {
    return this.texts.length;
  }

  get terminal(): TerminalEvent | null {
    return this.end;
  }

  /** Number of the last event, the terminal one included. */
  get lastSeq(): number {
    return this.texts.length + (this.end ? 1 : 0);
  }

  /** Text of token `seq` (from 1). */
  textAt(seq: number): string {
    return this.texts[seq - 1] ?? '';
  }

  /** Tokens numbered above `after`. */
  tokensAfter(after: number): string[] {
    return this.texts.slice(after);
  }

  /** The answer so far. */
  text(): string {
    return this.texts.join('');
  }

  /** Adds a token. Readers are woken by `wake`, once for all tokens that arrived together. */
  append(text: string): void {
    this.texts.push(text);
    this.characters += text.length;
  }

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.characters * BYTES_A_CHARACTER + this.texts.length * BYTES_A_TOKEN;
  }

  /** Adds the last event and wakes everybody. Only the first end counts. */
  close(event: TerminalEvent): void {
    if (this.end) return;
    this.end = event;
    this.wake();
  }

  wake(): void {
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` after each growth until the returned function is called. */
  onGrowth(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves once there is an event above `after`, the signal aborts, or `withinMs` are over. */
  growth(after: number, signal?: CancelSignal, withinMs?: number): Promise<void> {
    return this.until(() => this.lastSeq > after, signal, withinMs);
  }

  /** Resolves with the terminal event, or null if the signal aborts first. */
  async ended(signal?: CancelSignal): Promise<TerminalEvent | null> {
    await this.until(() => this.end !== null, signal);
    return this.end;
  }

  private async until(
    holds: () => boolean,
    signal: CancelSignal | undefined,
    withinMs?: number,
  ): Promise<void> {
    if (holds() || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        stopListening();
        clearTimeout(timer);
        signal?.removeEventListener('abort', settle);
        resolve();
      };
      const stopListening = this.onGrowth(() => {
        if (holds()) settle();
      });
      const timer = withinMs === undefined ? undefined : setTimeout(settle, withinMs);
      signal?.addEventListener('abort', settle);
    });
  }
}
