import type { Collection, Db } from 'mongodb';
import { BatchedRequestCounter, type AskedCount, type RequestCount } from '../request-counter.js';
import type { RequestWindowDocument } from './database/collections.js';
import { isDuplicate } from './database/insert-if-absent.js';
import type { MongoDatabase } from './database/mongo-database.js';

/**
 * Counts in a collection of MongoDB, a document a client. No step reads before it writes, so any
 * number of processes may count at once; neither transactions nor expiring indexes are needed.
 */
export class MongoRequestCounter extends BatchedRequestCounter {
  private readonly clock = new ServerClock();

  constructor(private readonly database: MongoDatabase) {
    super();
  }

  protected add(asked: AskedCount[]): Promise<Map<string, RequestCount>> {
    return this.database.use(async ({ requestWindows: windows }) => {
      const now = await this.clock.now(windows.db);
      const counts = await Promise.all(asked.map((each) => addTo(windows, each, now)));
      return new Map(asked.map((each, index) => [each.client, toCount(counts[index], each, now)]));
    });
  }

  protected async sweep(): Promise<void> {
    await this.database.use(async ({ requestWindows: windows }) =>
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
    // Another process has begun the window meanwhile.
    if (!isDuplicate(error)) throw error;
  }
  return addTo(windows, { client, added, windowMs }, now);
}

function toCount(
  window: RequestWindowDocument | undefined,
  { windowMs }: AskedCount,
  now: number,
): RequestCount {
  if (!window) throw new Error('A client was not counted');
  // Processes know the server's clock only to some milliseconds.
  const msLeft = Math.min(windowMs, Math.max(0, window.endsAt - now));
  return { count: window.count, msLeft };
}

/** How long a measured difference is used. */
const REMEASURE_MS = 60_000;

/**
 * The server's clock, in epoch milliseconds, with the precision of a round trip, since the clocks
 * of nodes may differ by minutes. Between measurements it advances with this process's monotonic
 * clock.
 */
export class ServerClock {
  private ahead: number | null = null;
  private measuredAt = 0;

  async now(db: Db): Promise<number> {
    const here = performance.now();
    if (this.ahead === null || here - this.measuredAt > REMEASURE_MS) await this.measure(db);
    return Math.round(performance.now() + (this.ahead ?? 0));
  }

  private async measure(db: Db): Promise<void> {
    const { localTime } = await db.command({ hello: 1 });
    if (!(localTime instanceof Date)) throw new Error('The server does not report its time');
    this.measuredAt = performance.now();
    this.ahead = localTime.getTime() - this.measuredAt;
  }
}
