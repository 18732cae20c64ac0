import type { ApiKeyRecord } from '../../domain/api-key.js';
import { KeyStore } from '../key-store.js';
import { storeFault } from '../store-errors.js';

/** No command can reach the memory of a process, so it has no keys. */
export class NoKeys extends KeyStore {
  override readonly isKept = false;

  version(): Promise<null> {
    return Promise.resolve(null);
  }

  all(): Promise<ApiKeyRecord[]> {
    return Promise.resolve([]);
  }

  add(): Promise<never> {
    return Promise.reject(storeFault(new Error('Memory keeps no keys')));
  }

  update(): Promise<null> {
    return Promise.resolve(null);
  }

  revoke(): Promise<null> {
    return Promise.resolve(null);
  }

  used(): Promise<void> {
    return Promise.resolve();
  }

  removeOf(): Promise<number> {
    return Promise.resolve(0);
  }

  replaceAll(): Promise<never> {
    return this.add();
  }
}
