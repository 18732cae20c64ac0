import type { Budget } from './budget.decorator.js';

/** A fixed window begins with a client's first request and is over this many seconds later. */
export const WINDOW_SECONDS = 60;

/** What a client may read while it starts one generation, unless that is configured. */
export const READS_PER_GENERATION = 10;

/** State of a client's budget after a request was counted. */
export interface Count {
  /** Requests in this window, this one included, refused ones too. */
  consumed: number;
  /** Until the window ends and the budget is reset. */
  msLeft: number;
  /** This request is over the limit. */
  blocked: boolean;
}

/** Counts the requests of each client against `limit` a window. */
export interface Limiter {
  readonly limit: number;
  /**
   * Counts one request, against a limit of the client's own if it is given. Rejects when its store
   * cannot be used.
   */
  consume(client: string, limit?: number): Promise<Count>;
}

export type Limiters = Record<Budget, Limiter>;
