import { Injectable } from '@nestjs/common';

/** The other workers of this primary process, as far as it tells about them. */
@Injectable()
export class Siblings {
  private readonly listeners: (() => void)[] = [];

  /** For the link to the primary process: one of them died. */
  died(): void {
    for (const listener of this.listeners) listener();
  }

  /** Calls `listener` when one of them died. */
  onDeath(listener: () => void): void {
    this.listeners.push(listener);
  }
}
