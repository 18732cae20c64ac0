import { Injectable } from '@nestjs/common';

/** Whether the service is shutting down: readiness reports it at once, and new work is refused. */
@Injectable()
export class Draining {
  private begun = false;
  private readonly listeners: (() => void)[] = [];

  get active(): boolean {
    return this.begun;
  }

  /** It cannot be undone. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` when it begins. */
  onBegin(listener: () => void): void {
    this.listeners.push(listener);
  }
}
