import type { ApiKeyChange, ApiKeyRecord } from '../../domain/api-key.js';
import { KeyStore } from '../key-store.js';
import { KeysByActs, type KeyAct } from '../rules/key-journal.js';
import { Disk } from './disk.js';
import { decodeActs, encodeAct, encodeKeys } from './key-codec.js';
import { JournalFile } from './key-journal-file.js';
import { Layout } from './layout.js';

/**
 * Keys in a journal beside the conversations, for which nobody needs the folder's lock: commands append
 * acts while the service runs, and what an act did is decided by the order of the lines. When keys were
 * used stands in a file of its own, which the service alone writes.
 */
export class FileKeyStore extends KeyStore {
  private readonly layout: Layout;
  private readonly journal: JournalFile;
  private readonly disk = new Disk();

  constructor(folder: string) {
    super();
    this.layout = new Layout(folder);
    this.journal = new JournalFile(this.layout.keys);
  }

  version(): Promise<string | null> {
    return this.journal.stamp();
  }

  async all(): Promise<ApiKeyRecord[]> {
    const { all } = await this.read();
    const sorted = all.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    return this.withUses(sorted);
  }

  async add(key: ApiKeyRecord): Promise<boolean> {
    const keys = await this.act({ act: 'add', key });
    return keys.get(key.id) !== null;
  }

  async update(id: string, change: ApiKeyChange): Promise<ApiKeyRecord | null> {
    if ((await this.read()).get(id) === null) return null;
    const keys = await this.act({ act: 'update', id, change });
    const key = keys.get(id);
    return key && keys.holdsName(key) ? this.withUse(key) : null;
  }

  async revoke(id: string, now: number): Promise<ApiKeyRecord | null> {
    if ((await this.read()).get(id) === null) return null;
    const key = (await this.act({ act: 'revoke', id, at: now })).get(id);
    return key && this.withUse(key);
  }

  async used(times: ReadonlyMap<string, number>): Promise<void> {
    // A folder that was moved away is not made anew.
    if ((await this.version()) === null) return;
    const uses = await this.uses();
    for (const [id, time] of times) uses.set(id, Math.max(time, uses.get(id) ?? 0));
    await this.writeUses(uses);
  }

  /**
   * The journal is written anew without them, and without what lines said of the owner that came to
   * nothing; who owns the folder alone may do that.
   */
  async removeOf(ownerId: string): Promise<number> {
    const text = await this.journal.read();
    const { all } = new KeysByActs(decodeActs(text));
    const kept = all.filter(({ owner }) => owner !== ownerId);
    const written = encodeKeys(kept);
    // No journal is not made.
    if (text !== '' && text !== written) await this.replaceAll(await this.withUses(kept));
    return all.length - kept.length;
  }

  /** Who owns the folder alone may do that. No key leaves a journal, so that it is known that there were some. */
  async replaceAll(keys: readonly ApiKeyRecord[]): Promise<void> {
    await this.disk.replace(this.layout.keys, encodeKeys(keys), { durable: true });
    await this.writeUses(
      keys.flatMap(({ id, lastUsedAt }) => (lastUsedAt === null ? [] : [[id, lastUsedAt]])),
    );
  }

  private async act(act: KeyAct): Promise<KeysByActs> {
    await this.journal.append(encodeAct(act));
    return this.read();
  }

  private async read(): Promise<KeysByActs> {
    return new KeysByActs(decodeActs(await this.journal.read()));
  }

  private async withUse(key: ApiKeyRecord): Promise<ApiKeyRecord> {
    return { ...key, lastUsedAt: (await this.uses()).get(key.id) ?? null };
  }

  private async withUses(keys: readonly ApiKeyRecord[]): Promise<ApiKeyRecord[]> {
    const uses = await this.uses();
    return keys.map((key) => ({ ...key, lastUsedAt: uses.get(key.id) ?? null }));
  }

  private async writeUses(uses: Iterable<readonly [string, number]>): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(uses));
    await this.disk.replace(this.layout.keyUses, `${text}\n`);
  }

  /** A file that cannot be read counts as none. */
  private async uses(): Promise<Map<string, number>> {
    const text = await this.disk.read(this.layout.keyUses);
    return new Map(timesIn(text ?? '{}'));
  }
}

function timesIn(text: string): [string, number][] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).filter((entry): entry is [string, number] =>
      Number.isFinite(entry[1]),
    );
  } catch {
    return [];
  }
}
