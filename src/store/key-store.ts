import type { ApiKeyChange, ApiKeyRecord } from '../domain/api-key.js';

/**
 * API keys, as digests. Commands write them while services read them, so nothing here waits for a
 * service, and a service finds out by `version`.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class KeyStore {
  /** False for a store that cannot keep keys: it has none, and refuses to take one. */
  readonly isKept: boolean = true;

  /**
   * Differs as soon as a key was added, changed or revoked; null: there was never one. What `all` reads
   * after it is at least as new.
   */
  abstract version(): Promise<string | null>;

  /** All keys, revoked and expired ones too, in the order they were made, by id within a millisecond. */
  abstract all(): Promise<ApiKeyRecord[]>;

  /**
   * Adds a key. False if another live key has its name; one that has expired by `createdAt` gives the
   * name up, and cannot be changed any more.
   */
  abstract add(key: ApiKeyRecord): Promise<boolean>;

  /** Changes a key that has its name; null if there is no such key, or it is revoked. */
  abstract update(id: string, change: ApiKeyChange): Promise<ApiKeyRecord | null>;

  /** Revokes a key; one that is revoked already stays as it is. Null if there is none. */
  abstract revoke(id: string, now: number): Promise<ApiKeyRecord | null>;

  /** Notes when keys were last used, by id; earlier times than the noted ones have no effect. */
  abstract used(times: ReadonlyMap<string, number>): Promise<void>;

  /** Removes the keys of an owner, how many; that there were keys stays known. */
  abstract removeOf(ownerId: string): Promise<number>;

  /**
   * Puts these, in the order they were made, in place of all there are; no process serves the store. Whoever
   * knows the keys from before notices, also if there are none now. A crash within it may leave a part.
   */
  abstract replaceAll(keys: readonly ApiKeyRecord[]): Promise<void>;
}
