import type { GenerationPhase } from '../domain/generation.js';

/** What a running generation does now. */
export interface PhaseState {
  phase: Exclude<GenerationPhase, 'ended'>;
  /** Its place in the queue, 1 is next; null unless it is queued. */
  position: number | null;
}

/** The phases of one generation, for readers that want to see them. */
export interface Phases {
  /** Null once it has ended, and while it is not known. */
  current(): PhaseState | null;
  /** Calls `listener` when `current` has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Of a generation that has ended: none. */
export const NO_PHASES: Phases = { current: () => null, onChange: () => () => undefined };

/** Those who listen for changes; nothing is allocated before the first. */
export class ChangeListeners {
  private listeners: Set<() => void> | null = null;

  get any(): boolean {
    return this.listeners !== null;
  }

  add(listener: () => void): () => void {
    this.listeners ??= new Set();
    this.listeners.add(listener);
    return () => {
      this.listeners?.delete(listener);
      if (this.listeners?.size === 0) this.listeners = null;
    };
  }

  notify(): void {
    for (const listener of this.listeners ?? []) listener();
  }
}
