import { randomUUID } from 'node:crypto';
import type { ApiKeyChange, ApiKeyRecord } from '../../domain/api-key.js';
import { KeyStore } from '../key-store.js';
import { holdersOf } from '../rules/key-journal.js';
import type { Collections, KeyDocument } from './database/collections.js';
import { isDuplicate } from './database/insert-if-absent.js';
import type { MongoDatabase } from './database/mongo-database.js';

const VERSION = 'keys';

/**
 * Keys in a collection. The version is written after a change; a command that dies between the two was
 * not acknowledged, and is noticed once it is repeated.
 */
export class MongoKeyStore extends KeyStore {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  version(): Promise<string | null> {
    return this.database.coordinate(
      async ({ facts }) => (await facts.findOne({ _id: VERSION }))?.value ?? null,
    );
  }

  all(): Promise<ApiKeyRecord[]> {
    return this.database.use(async ({ keys }) =>
      (await keys.find().sort({ createdAt: 1, _id: 1 }).toArray()).map(toKey),
    );
  }

  add(key: ApiKeyRecord): Promise<boolean> {
    return this.changing(async ({ keys }) => {
      const nameLock = key.name.toLowerCase();
      await freeName(keys, nameLock, key.createdAt);
      try {
        await keys.insertOne(toDocument(key, nameLock));
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    });
  }

  update(id: string, change: ApiKeyChange): Promise<ApiKeyRecord | null> {
    const live = { _id: id, nameLock: { $ne: id } };
    const $set = changedFields(change);
    return this.changing(async ({ keys }) => {
      const found = await (Object.keys($set).length === 0
        ? keys.findOne(live)
        : keys.findOneAndUpdate(live, { $set }, { returnDocument: 'after' }));
      return found && toKey(found);
    });
  }

  revoke(id: string, now: number): Promise<ApiKeyRecord | null> {
    return this.changing(async ({ keys }) => {
      const revoked = { revokedAt: now, nameLock: id };
      await keys.updateOne({ _id: id, revokedAt: null }, { $set: revoked });
      const found = await keys.findOne({ _id: id });
      return found && toKey(found);
    });
  }

  async used(times: ReadonlyMap<string, number>): Promise<void> {
    for (const [_id, time] of times)
      await this.database.use(({ keys }) =>
        keys.updateOne(
          { _id, lastUsedAt: { $not: { $gte: time } } },
          { $set: { lastUsedAt: time } },
        ),
      );
  }

  removeOf(ownerId: string): Promise<number> {
    return this.database.use(async (all) => {
      const { deletedCount } = await all.keys.deleteMany({ ownerId });
      // A store that never had a key is not taken for one that had; what a crash left unsaid is said now.
      await newVersion(all, { upsert: deletedCount > 0 });
      return deletedCount;
    });
  }

  async replaceAll(keys: readonly ApiKeyRecord[]): Promise<void> {
    const holders = holdersOf(keys);
    const documents = keys.map((key) =>
      toDocument(key, holders.has(key.id) ? key.name.toLowerCase() : key.id),
    );
    await this.changing(async (all) => {
      await all.keys.deleteMany({});
      if (documents.length > 0) await all.keys.insertMany(documents);
    });
  }

  private changing<T>(work: (all: Collections) => Promise<T>): Promise<T> {
    return this.database.use(async (all) => {
      const result = await work(all);
      await newVersion(all, { upsert: true });
      return result;
    });
  }
}

async function newVersion({ facts }: Collections, options: { upsert: boolean }): Promise<void> {
  await facts.updateOne({ _id: VERSION }, { $set: { value: randomUUID() } }, options);
}

/** An expired key gives up its name. Its id is no name: the new key cannot have it. */
async function freeName(keys: Collections['keys'], nameLock: string, now: number): Promise<void> {
  const holder = await keys.findOne({ nameLock, expiresAt: { $lte: now, $ne: null } });
  if (!holder) return;
  const { _id } = holder;
  await keys.updateOne({ _id, nameLock, expiresAt: { $lte: now } }, { $set: { nameLock: _id } });
}

function changedFields({ limits = {}, ...change }: ApiKeyChange): Record<string, unknown> {
  const { owner: ownerId, scopes, models, expiresAt } = change;
  const ofLimits = Object.entries(limits).map(
    ([name, value]) => [`limits.${name}`, value] as const,
  );
  const fields = [...Object.entries({ ownerId, scopes, models, expiresAt }), ...ofLimits];
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function toDocument({ id, owner, ...key }: ApiKeyRecord, nameLock: string): KeyDocument {
  const { scopes, models, ...rest } = key;
  return {
    _id: id,
    nameLock,
    ownerId: owner,
    ...rest,
    scopes: [...scopes],
    models: models && [...models],
  };
}

function toKey({ _id, nameLock: _, ...document }: KeyDocument): ApiKeyRecord {
  const { digest, name, ownerId, scopes, models, limits, hint } = document;
  const { createdAt, expiresAt, lastUsedAt, revokedAt } = document;
  const { requests, streams, tokensDay, tokensMonth } = limits;
  return {
    id: _id,
    digest,
    name,
    owner: ownerId,
    scopes,
    models,
    limits: { requests, streams, tokensDay, tokensMonth },
    hint,
    createdAt,
    expiresAt,
    lastUsedAt,
    revokedAt,
  };
}
