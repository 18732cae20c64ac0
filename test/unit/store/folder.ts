import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore, type FileStoreOptions } from '../../../src/store/file/file-store.js';
import type { LockHolder } from '../../../src/store/file/lock-holder.js';
import { RecordingLogger } from '../../support/recording-logger.js';

/** Enough to see a lock move, little enough to take one over in a test. */
const QUICK = { heartbeatMs: 20, staleMs: 1_000 };

/** Processes of a test are one, and some of them are said to have died. */
const UNKNOWN: LockHolder = { self: '-', livenessOf: () => 'unknown' };

/** A real folder with the stores that a test opens on it. */
export class StoreFolder {
  readonly logger = new RecordingLogger();
  private readonly opened: FileStore[] = [];

  private constructor(readonly path: string) {}

  static async make(): Promise<StoreFolder> {
    return new StoreFolder(await mkdtemp(join(tmpdir(), 'file-store-')));
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** A store on this folder, not opened yet. */
  store(options: FileStoreOptions = {}): FileStore {
    return this.storeAt(this.path, options);
  }

  storeAt(path: string, options: FileStoreOptions = {}): FileStore {
    const store = new FileStore(path, this.logger, { times: QUICK, holder: UNKNOWN, ...options });
    this.opened.push(store);
    return store;
  }

  async open(options: FileStoreOptions = {}): Promise<FileStore> {
    const store = this.store(options);
    await store.open();
    return store;
  }

  read(...names: string[]): Promise<string> {
    return readFile(this.at(...names), 'utf8');
  }

  write(text: string, ...names: string[]): Promise<void> {
    return writeFile(this.at(...names), text);
  }

  /** Names in a folder; none when it is not there. */
  async names(...names: string[]): Promise<string[]> {
    return (await readdir(this.at(...names)).catch(() => [])).sort();
  }

  async remove(): Promise<void> {
    await Promise.all(this.opened.map((store) => store.close()));
    await rm(this.path, { recursive: true, force: true });
  }
}
