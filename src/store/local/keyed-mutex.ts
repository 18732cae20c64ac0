import { OwnedMap } from './owned-map.js';

/** Runs the tasks of one owner's one id one after another, those of others side by side. */
export class KeyedMutex {
  private readonly tails = new OwnedMap<Promise<unknown>>();

  async run<T>(ownerId: string, id: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(ownerId, id);
    const mine = before ? before.then(task, task) : task();
    this.tails.set(ownerId, id, mine);
    try {
      return await mine;
    } finally {
      if (this.tails.get(ownerId, id) === mine) this.tails.delete(ownerId, id);
    }
  }

  /** When every task that was given by now has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.tails.values());
  }
}
