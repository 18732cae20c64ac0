import { randomUUID } from 'node:crypto';
import type { ApiKeyRecord } from '../../../src/domain/api-key.js';
import { NO_LIMITS } from '../../../src/domain/access-grant.js';
import type { Store } from '../../../src/store/store.js';
import { T0, type StoreTraits, type StoreUnderTest } from './scene.js';

/** A key whose name and owner no other test has. */
export function keyOf(fields: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  const id = randomUUID();
  return {
    id,
    digest: id.replaceAll('-', '').padEnd(64, '0'),
    name: `Key-${id}`,
    owner: `owner-${id}`,
    scopes: ['chat'],
    models: null,
    limits: NO_LIMITS,
    hint: 'ocs_abcd',
    createdAt: T0,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...fields,
  };
}

const FULL = {
  scopes: ['read', 'admin'],
  models: ['a:1', 'hf.co/Ä/b'],
  limits: { requests: 5, streams: 1, tokensDay: 0, tokensMonth: 900_000_000_000_000 },
  expiresAt: T0 + 1000,
} as const;

async function stored({ keys }: Store, ...wanted: ApiKeyRecord[]) {
  const all = await keys.all();
  return wanted.map(({ id }) => all.find((key) => key.id === id));
}

/** API keys. Those of other tests may be there too. */
export function describeKeys(store: () => Store, { durable }: StoreTraits): void {
  if (!durable) {
    it('keeps no keys', async () => {
      const { keys } = store();
      expect(keys.isKept).toBe(false);
      await expect(keys.add(keyOf())).rejects.toMatchObject({ reason: 'internal' });
      expect([await keys.all(), await keys.version()]).toEqual([[], null]);
    });
    return;
  }
  describe('keys', () => {
    it('are read as they were added', async () => {
      const { keys } = store();
      const [plain, full] = [keyOf(), keyOf(FULL)];
      expect([await keys.add(plain), await keys.add(full)]).toEqual([true, true]);
      expect(await stored(store(), plain, full)).toEqual([plain, full]);
      expect(keys.isKept).toBe(true);
    });

    it('have one name while they live, whatever its case', async () => {
      const { keys } = store();
      const first = keyOf();
      const second = { ...keyOf({ createdAt: T0 + 1 }), name: first.name.toUpperCase() };
      await keys.add(first);
      expect(await keys.add(second)).toBe(false);
      expect(await stored(store(), second)).toEqual([undefined]);
      await keys.revoke(first.id, T0 + 2);
      expect(await keys.add(second)).toBe(true);
      expect(await stored(store(), first, second)).toEqual([
        { ...first, revokedAt: T0 + 2 },
        second,
      ]);
    });

    it('give their name up when they have expired, and cannot come back then', async () => {
      const { keys } = store();
      const first = keyOf({ expiresAt: T0 + 1000 });
      await keys.add(first);
      const early = { ...keyOf({ createdAt: T0 + 999 }), name: first.name };
      expect(await keys.add(early)).toBe(false);
      const late = { ...keyOf({ createdAt: T0 + 1000 }), name: first.name };
      expect(await keys.add(late)).toBe(true);
      expect(await keys.update(first.id, { expiresAt: null })).toBeNull();
      expect(await stored(store(), first, late)).toEqual([first, late]);
    });

    it('are added once however many are added at once', async () => {
      const { keys } = store();
      const { name } = keyOf();
      const many = Array.from({ length: 8 }, () => ({ ...keyOf(), name }));
      const added = await Promise.all(many.map((key) => keys.add(key)));
      expect(added.filter(Boolean)).toHaveLength(1);
      const there = (await stored(store(), ...many)).filter((key) => key !== undefined);
      expect(there).toEqual([many[added.indexOf(true)]]);
    });

    it('are changed in what is given, and to nothing too', async () => {
      const { keys } = store();
      const key = keyOf();
      await keys.add(key);
      const change = { ...FULL, limits: { requests: 5 }, owner: 'other' };
      const changed = { ...key, ...change, limits: { ...NO_LIMITS, requests: 5 } };
      expect(await keys.update(key.id, change)).toEqual(changed);
      expect(await keys.update(key.id, { limits: { streams: 2 } })).toEqual({
        ...changed,
        limits: { ...NO_LIMITS, requests: 5, streams: 2 },
      });
      const back = { models: null, limits: { requests: null }, expiresAt: null };
      expect(await keys.update(key.id, back)).toMatchObject({
        ...key,
        owner: 'other',
        scopes: FULL.scopes,
        limits: { ...NO_LIMITS, streams: 2 },
      });
      expect(await keys.update(randomUUID(), { owner: 'x' })).toBeNull();
    });

    it('are revoked once, and are not changed any more', async () => {
      const { keys } = store();
      const key = keyOf();
      await keys.add(key);
      const revoked = { ...key, revokedAt: T0 + 5 };
      expect(await keys.revoke(key.id, T0 + 5)).toEqual(revoked);
      expect(await keys.revoke(key.id, T0 + 9)).toEqual(revoked);
      expect(await keys.update(key.id, { owner: 'x' })).toBeNull();
      expect(await keys.revoke(randomUUID(), T0)).toBeNull();
      expect(await stored(store(), key)).toEqual([revoked]);
    });

    it('stay revoked however they are changed at the same time', async () => {
      const { keys } = store();
      const key = keyOf();
      await keys.add(key);
      await Promise.all([
        ...[1, 2, 3].map((n) => keys.update(key.id, { limits: { requests: n } })),
        keys.revoke(key.id, T0 + 1),
        ...[4, 5, 6].map((n) => keys.update(key.id, { limits: { requests: n } })),
      ]);
      expect(await stored(store(), key)).toMatchObject([{ revokedAt: T0 + 1 }]);
    });

    it('change the version, each of these', async () => {
      const { keys } = store();
      const key = keyOf();
      const seen = new Set<string | null>([await keys.version()]);
      for (const act of [
        () => keys.add(key),
        () => keys.update(key.id, { owner: 'x' }),
        () => keys.revoke(key.id, T0),
        // A command that is repeated, since it was not answered.
        () => keys.revoke(key.id, T0),
      ]) {
        await act();
        seen.add(await keys.version());
      }
      expect(seen.size).toBe(5);
      expect(seen).not.toContain(undefined);
      await keys.used(new Map([[key.id, T0]]));
      expect(seen).toContain(await keys.version());
    });

    it('note the latest use', async () => {
      const { keys } = store();
      const [key, other] = [keyOf(), keyOf()];
      await Promise.all([keys.add(key), keys.add(other)]);
      await keys.used(new Map([[key.id, T0 + 7]]));
      await keys.used(
        new Map([
          [key.id, T0 + 3],
          [other.id, T0 + 4],
        ]),
      );
      expect(await stored(store(), key, other)).toEqual([
        { ...key, lastUsedAt: T0 + 7 },
        { ...other, lastUsedAt: T0 + 4 },
      ]);
      expect(await keys.revoke(key.id, T0 + 8)).toMatchObject({ lastUsedAt: T0 + 7 });
    });

    it('of an owner are removed, and are known to have been', async () => {
      const { keys } = store();
      const [mine, revoked] = [keyOf({ owner: 'to-remove' }), keyOf({ owner: 'to-remove' })];
      const [other, gone] = [keyOf(FULL), keyOf()];
      for (const key of [mine, other, revoked, gone]) await keys.add(key);
      for (const key of [revoked, gone]) await keys.revoke(key.id, T0 + 1);
      expect(await keys.removeOf('to-remove')).toBe(2);
      expect(await keys.removeOf('to-remove')).toBe(0);
      expect(await stored(store(), mine, other, revoked, gone)).toEqual([
        undefined,
        other,
        undefined,
        { ...gone, revokedAt: T0 + 1 },
      ]);
      expect(await keys.version()).not.toBeNull();
    });
  });
}

/** With a second instance, as the command and the service are. */
export function describeDurableKeys(makeStore: () => Promise<StoreUnderTest>): void {
  it('has no version before the first key, and keys when it is opened again', async () => {
    const subject = await makeStore();
    try {
      expect(await subject.store.keys.version()).toBeNull();
      expect(await subject.store.keys.all()).toEqual([]);
      const key = keyOf(FULL);
      await subject.store.keys.add(key);
      const version = await subject.store.keys.version();
      await subject.store.close();
      const again = await subject.open();
      expect(await again.keys.all()).toEqual([key]);
      expect(await again.keys.version()).toBe(version);
    } finally {
      await subject.dispose();
    }
  });

  it('has others in place of its keys, with their names and uses, and is known to have had some', async () => {
    const subject = await makeStore();
    try {
      const gone = keyOf();
      await subject.store.keys.add(gone);
      const before = await subject.store.keys.version();
      const expired = keyOf({ ...FULL, lastUsedAt: T0 + 5 });
      const revoked = keyOf({ createdAt: T0 + 1, revokedAt: T0 + 3 });
      const live = { ...keyOf({ createdAt: T0 + 1 }), name: revoked.name.toUpperCase() };
      const late = { ...keyOf({ createdAt: T0 + 1000 }), name: expired.name };
      // Two of one moment have no order.
      const sameMoment = [live, revoked].sort((a, b) => (a.id < b.id ? -1 : 1));
      const others = [expired, ...sameMoment, late];
      await subject.store.keys.replaceAll(others);
      expect(await subject.store.keys.version()).not.toBe(before);
      await subject.store.close();

      const { keys } = await subject.open();
      expect(await keys.all()).toEqual(others);
      const same = (key: ApiKeyRecord) => ({ ...keyOf({ createdAt: T0 + 2000 }), name: key.name });
      expect(await keys.add(same(live))).toBe(false);
      expect(await keys.add(same(late))).toBe(false);
      expect(await keys.add(same(gone))).toBe(true);
      expect(await keys.update(expired.id, { owner: 'x' })).toBeNull();
      expect(await keys.update(revoked.id, { owner: 'x' })).toBeNull();
      expect(await keys.revoke(live.id, T0 + 9)).toEqual({ ...live, revokedAt: T0 + 9 });

      const full = await keys.version();
      await keys.replaceAll([]);
      expect(await keys.all()).toEqual([]);
      expect([before, full, null]).not.toContain(await keys.version());
    } finally {
      await subject.dispose();
    }
  });
}
