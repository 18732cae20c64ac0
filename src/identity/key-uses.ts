import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyStore } from '../store/key-store.js';

/** A use is stored at most once in this time, a key and a process. */
const EVERY_MS = 60_000;

/** When keys were used, written beside the requests, now and then. */
export class KeyUses {
  /** Not stored yet. */
  private readonly pending = new Map<string, number>();
  private readonly storedAt = new Map<string, number>();

  constructor(private readonly keys: KeyStore) {}

  note({ id, lastUsedAt }: ApiKeyRecord, now: number): void {
    this.pending.set(id, now);
    // Another process may have stored one meanwhile.
    if (lastUsedAt !== null && lastUsedAt > (this.storedAt.get(id) ?? 0))
      this.storedAt.set(id, lastUsedAt);
  }

  /** Stores the uses of keys of which none was stored for a minute. */
  writeDue(now: number): Promise<void> {
    return this.writeThose((id) => Math.abs(now - (this.storedAt.get(id) ?? 0)) >= EVERY_MS);
  }

  /** Stores all; the process ends. */
  write(): Promise<void> {
    return this.writeThose(() => true);
  }

  private async writeThose(isDue: (id: string) => boolean): Promise<void> {
    const due = new Map([...this.pending].filter(([id]) => isDue(id)));
    if (due.size === 0) return;
    await this.keys.used(due);
    for (const [id, time] of due) {
      this.storedAt.set(id, time);
      if (this.pending.get(id) === time) this.pending.delete(id);
    }
  }
}
