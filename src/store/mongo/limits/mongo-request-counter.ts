import type { Collection } from 'mongodb';
import { BatchedRequestCounter, type AskedCount } from '../../batched-request-counter.js';
import type { RequestCount } from '../../request-counter.js';
import { isDuplicate } from '../database/insert-if-absent.js';
import { ServerClock } from './server-clock.js';

/** Requests of a client in its current window, which ends by the server's clock. */
export interface RequestWindowDocument {
  /** The client. Its index is unique on every server, without being made. */
  _id: string;
  count: number;
  endsAt: number;
}

/** Works on the collection of the windows, which exists while the database is open. */
export type UseWindows = <T>(
  work: (windows: Collection<RequestWindowDocument>) => Promise<T>,
) => Promise<T>;

/**
 * Counts in a collection of MongoDB, a document a client. No step reads before it writes, so any
 * number of processes may count at once; neither transactions nor expiring indexes are needed.
 */
export class MongoRequestCounter extends BatchedRequestCounter {
  private readonly clock = new ServerClock();

  constructor(private readonly use: UseWindows) {
    super();
  }

  protected add(asked: AskedCount[]): Promise<Map<string, RequestCount>> {
    return this.use(async (windows) => {
      const now = await this.clock.now(windows.db);
      const counts = await Promise.all(asked.map((each) => addTo(windows, each, now)));
      return new Map(asked.map(({ client }, index) => [client, told(counts[index], now)]));
    });
  }

  protected async sweep(): Promise<void> {
    await this.use(async (windows) =>
      windows.deleteMany({ endsAt: { $lt: await this.clock.now(windows.db) } }),
    );
  }
}

async function addTo(
  windows: Collection<RequestWindowDocument>,
  { client, added, windowMs }: AskedCount,
  now: number,
): Promise<RequestWindowDocument> {
  const running = await windows.findOneAndUpdate(
    { _id: client, endsAt: { $gt: now } },
    { $inc: { count: added } },
    { returnDocument: 'after' },
  );
  if (running) return running;
  try {
    const begun = await windows.findOneAndUpdate(
      { _id: client, endsAt: { $lte: now } },
      { $set: { count: added, endsAt: now + windowMs } },
      { upsert: true, returnDocument: 'after' },
    );
    if (begun) return begun;
  } catch (error) {
    // Another process has begun it in between.
    if (!isDuplicate(error)) throw error;
  }
  return addTo(windows, { client, added, windowMs }, now);
}

function told(window: RequestWindowDocument | undefined, now: number): RequestCount {
  if (!window) throw new Error('A client was not counted');
  return { count: window.count, msLeft: Math.max(0, window.endsAt - now) };
}
