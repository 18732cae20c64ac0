/** The part of `AbortSignal` that this service uses; every `AbortSignal` has it. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * The shared default reason: an error holds its stack, and the stack holds its callers' objects.
 */
const ABORTED = new Error('Aborted');

/**
 * An `AbortController` and its signal in one, for every request: each `AbortController` of Node is
 * an event target with its own hidden class, which takes ten microseconds and a kilobyte.
 */
export class Cancellation implements CancelSignal {
  aborted = false;
  reason: unknown = undefined;
  /**
   * Created for the first listener: most cancellations exist much longer than their listeners, for
   * as long as a log is retained.
   */
  private listeners: Set<() => void> | null = null;

  /** Calls all listeners, once. */
  abort(reason: unknown = ABORTED): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.listeners ?? []) listener();
    this.listeners = null;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    this.listeners ??= new Set();
    this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners?.delete(listener);
    if (this.listeners?.size === 0) this.listeners = null;
  }
}
