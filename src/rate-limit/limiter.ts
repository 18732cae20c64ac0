import type { Budget } from './budget.decorator.js';

/** A fixed window begins with a client's first request and is over this many seconds later. */
export const WINDOW_SECONDS = 60;

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
  /** Counts one request. Rejects when its store cannot be used. */
  consume(client: string): Promise<Count>;
}

export type Limiters = Record<Budget, Limiter>;
