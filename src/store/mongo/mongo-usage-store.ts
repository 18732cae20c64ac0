import type { Filter } from 'mongodb';
import type { TakenTokens, UsageItem, UsageSubject, UtcDay } from '../../domain/token-usage.js';
import { summedUp } from '../rules/usage.js';
import { UsageStore, type DayRange } from '../usage-store.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { toUsageItem, usageId, type UsageDocument } from './documents/usage-documents.js';
import { readTaken } from './usage/taken.js';

/** Documents that are written at a time. */
const CHUNK = 500;

/** Usage in MongoDB, a few documents a key, model and day. */
export class MongoUsageStore extends UsageStore {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  read(ownerId: string | null, { from, to }: DayRange): Promise<UsageItem[]> {
    const days = { day: { $gte: from, $lte: to } };
    return this.select(ownerId === null ? days : { ownerId, ...days });
  }

  taken(subject: UsageSubject, day: UtcDay): Promise<TakenTokens> {
    return this.database.read((all) => readTaken(all, subject, day));
  }

  async removeBefore(day: UtcDay): Promise<void> {
    await this.database.use(({ usage }) => usage.deleteMany({ day: { $lt: day } }));
  }

  async eraseOwner(ownerId: string): Promise<void> {
    await this.database.use(async ({ usage, quotaGates }) => {
      await usage.deleteMany({ ownerId });
      await quotaGates.deleteMany({ ownerId });
    });
  }

  all(): Promise<UsageItem[]> {
    return this.select({});
  }

  async replaceAll(items: readonly UsageItem[]): Promise<void> {
    await this.database.use(async ({ usage }) => {
      await usage.deleteMany({});
      for (let at = 0; at < items.length; at += CHUNK)
        await usage.insertMany(items.slice(at, at + CHUNK).map(toDocument));
    });
  }

  private async select(filter: Filter<UsageDocument>): Promise<UsageItem[]> {
    const found = await this.database.read(({ usage }) =>
      usage.find(filter).project<UsageDocument>({ counted: 0 }).toArray(),
    );
    return summedUp(found.map(toUsageItem));
  }
}

function toDocument(item: UsageItem): UsageDocument {
  return { ...item, _id: usageId(item, ''), counted: [] };
}
