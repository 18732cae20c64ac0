import { isExpired, type ApiKeyChange, type ApiKeyRecord } from '../../domain/api-key.js';

/** One act on the keys of a store that keeps them as a journal. */
export type KeyAct =
  | { readonly act: 'add'; readonly key: ApiKeyRecord }
  | { readonly act: 'update'; readonly id: string; readonly change: ApiKeyChange }
  | { readonly act: 'revoke'; readonly id: string; readonly at: number };

/** Acts after which there are these keys, which are in the order they were made. No act is a use. */
export function actsOf(keys: readonly ApiKeyRecord[]): KeyAct[] {
  return keys.map((key) => ({ act: 'add', key: { ...key, lastUsedAt: null } }));
}

/** Which of these keys, in the order they were made, have their names. */
export function holdersOf(keys: readonly ApiKeyRecord[]): ReadonlySet<string> {
  const byActs = new KeysByActs(actsOf(keys));
  return new Set(byActs.all.filter((key) => byActs.holdsName(key)).map(({ id }) => id));
}

/** The keys after some acts, in the order they were made. */
export class KeysByActs {
  private readonly keys = new Map<string, ApiKeyRecord>();
  /** By name in small letters: the key that has it. */
  private readonly holders = new Map<string, string>();

  constructor(acts: Iterable<KeyAct>) {
    for (const act of acts) this.apply(act);
  }

  get all(): ApiKeyRecord[] {
    return [...this.keys.values()];
  }

  get(id: string): ApiKeyRecord | null {
    return this.keys.get(id) ?? null;
  }

  /** Whether it is live: it has its name. */
  holdsName({ id, name }: ApiKeyRecord): boolean {
    return this.holders.get(name.toLowerCase()) === id;
  }

  private apply(act: KeyAct): void {
    if (act.act === 'add') this.add(act.key);
    else if (act.act === 'update') this.update(act.id, act.change);
    else this.revoke(act.id, act.at);
  }

  private add(key: ApiKeyRecord): void {
    // One that was revoked elsewhere takes no name: whatever key has it, keeps it.
    if (key.revokedAt !== null) {
      this.keys.set(key.id, key);
      return;
    }
    const name = key.name.toLowerCase();
    const holder = this.get(this.holders.get(name) ?? '');
    if (holder && !isExpired(holder, key.createdAt)) return;
    this.holders.set(name, key.id);
    this.keys.set(key.id, key);
  }

  private update(id: string, change: ApiKeyChange): void {
    const key = this.get(id);
    if (key && this.holdsName(key)) this.keys.set(id, changedKey(key, change));
  }

  private revoke(id: string, at: number): void {
    const key = this.get(id);
    if (!key || key.revokedAt !== null) return;
    if (this.holdsName(key)) this.holders.delete(key.name.toLowerCase());
    this.keys.set(id, { ...key, revokedAt: at });
  }
}

function changedKey(key: ApiKeyRecord, { limits, ...change }: ApiKeyChange): ApiKeyRecord {
  return { ...key, ...change, limits: { ...key.limits, ...limits } };
}
