/** Where a client stands after a request of its own was counted. */
export interface RequestCount {
  /** Requests in its window, this one included. */
  count: number;
  /** Until its window is over, by the store's clock. */
  msLeft: number;
}

/**
 * Counts the requests of clients for all processes that work on the same store, however many ask at
 * once. Windows are timed by the store's own clock, so that those of the processes need not agree.
 */
export abstract class RequestCounter {
  /**
   * Counts one request of `client`. The first begins a window of `windowMs`; the first after its
   * end begins the next. Rejects while the store cannot be used; the request may be counted then.
   */
  abstract count(client: string, windowMs: number): Promise<RequestCount>;
}
