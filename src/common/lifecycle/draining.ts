import { Injectable } from '@nestjs/common';

/** Whether the service is on its way out: readiness says so at once, and new work is refused. */
@Injectable()
export class Draining {
  private readonly listeners = new Set<() => void>();
  private begun = false;

  get active(): boolean {
    return this.begun;
  }

  /** Starts it, once; there is no way back. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }

  /** Calls `listener` when draining begins, at once if it has; returns how to take that back. */
  onBegin(listener: () => void): () => void {
    if (this.begun) {
      listener();
      return () => undefined;
    }
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
