import { BusyError } from './engine.mjs';

/**
 * A fixed set of things that one request at a time may hold; others wait in turn.
 *
 * @template T
 */
export class Pool {
  #free;
  #mostWaiting;
  /** @type {Set<(item: T) => void>} First come, first served: a Set keeps its order. */
  #waiting = new Set();

  /**
   * @param {T[]} items
   * @param {number} mostWaiting
   */
  constructor(items, mostWaiting) {
    this.#free = [...items];
    this.#mostWaiting = mostWaiting;
  }

  /**
   * @param {AbortSignal} signal Leaves the queue; the promise then rejects with its reason.
   * @param {(item: T) => number} worth Among several free ones the worthiest is taken.
   * @returns {Promise<T>} to be given back by `release`
   */
  async acquire(signal, worth) {
    signal.throwIfAborted();
    const best = this.#free.sort((a, b) => worth(a) - worth(b)).pop();
    if (best !== undefined) return best;
    if (this.#waiting.size >= this.#mostWaiting) throw new BusyError();
    return this.#wait(signal);
  }

  /** @param {T} item */
  release(item) {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free.push(item);
      return;
    }
    this.#waiting.delete(next);
    next(item);
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  #wait(signal) {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(take);
        reject(signal.reason);
      };
      /** @param {T} item */
      const take = (item) => {
        signal.removeEventListener('abort', leave);
        resolve(item);
      };
      this.#waiting.add(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
