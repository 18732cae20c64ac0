import { Semaphore } from '../../common/semaphore.js';
import { ChangeFeed, type FeedEntry } from '../change-feed.js';
import { cursorOf, markOf, parseCursor } from '../rules/cursor.js';
import { lastChange, numberChanges } from './changes/numbering.js';
import { readBehind } from './changes/reading.js';
import { removeChanges } from './changes/removal.js';
import type { MongoDatabase } from './database/mongo-database.js';

/**
 * Changes in a collection, with their numbers. Each is first recorded in the conversation that it
 * changes, and gets its number when any process reads or sweeps.
 */
export class MongoChangeFeed extends ChangeFeed {
  /** One at a time in a process: several would take the same numbers. */
  private readonly numbering = new Semaphore(1);

  constructor(private readonly database: MongoDatabase) {
    super();
  }

  async end(): Promise<string> {
    await this.number();
    const { _id, id } = await this.database.read(lastChange);
    return cursorOf(markOf(_id, id));
  }

  async after(
    cursor: string,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'> {
    const mark = parseCursor(cursor);
    if (!mark) return 'lost';
    await this.number();
    return this.database.read((all) => readBehind(all, mark, limit, ownerId));
  }

  async sweep(before: number): Promise<void> {
    await this.number();
    const last = await this.database.read(lastChange);
    await this.number();
    await this.database.use((all) => removeChanges(all, before, last._id));
  }

  private number(): Promise<void> {
    return this.numbering.run(() => this.database.use(numberChanges));
  }
}
