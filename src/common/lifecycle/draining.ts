import { Injectable } from '@nestjs/common';

/** Whether the service is shutting down: readiness reports it at once, and new work is refused. */
@Injectable()
export class Draining {
  private begun = false;

  get active(): boolean {
    return this.begun;
  }

  /** It cannot be undone. */
  begin(): void {
    this.begun = true;
  }
}
