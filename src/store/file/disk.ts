import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../common/private-files.js';
import { Semaphore } from '../../common/semaphore.js';
import { fileErrorCode, fileError } from './file-errors.js';
import { readPart, stampOf, type FilePart } from './file-reads.js';
import { openFolder, overwrite, replaceFile } from './file-writes.js';
import { isLong, type Content } from './rewrite.js';

/** Open files at once: far below the limits of systems, and enough for any disk. */
const PARALLEL_FILES = 32;

/** Long reads at once: each is parsed by its caller, so few of them leave time for others. */
const PARALLEL_LONG_READS = 4;
const LONG_READ = 64 * 1024;

/** Long writes at once: each occupies the disk and one of the process's four threads. */
const PARALLEL_LONG_WRITES = 2;

/** Throws if no change is allowed. */
export type Guard = () => Promise<void>;

/**
 * The file system as this store uses it. Each write happens completely or not at all; any failure
 * becomes `AppError('store_unavailable')` with the file system's error as its cause.
 */
export class Disk {
  private readonly files = new Semaphore(PARALLEL_FILES);
  private readonly longReads = new Semaphore(PARALLEL_LONG_READS);
  private readonly longWrites = new Semaphore(PARALLEL_LONG_WRITES);
  private lastFailed = false;

  /** `guard` is called immediately before each change. */
  constructor(private readonly guard: Guard = () => Promise.resolve()) {}

  /** The whole text, or null when there is no such file. */
  async read(path: string): Promise<string | null> {
    return this.find(() => readFile(path, 'utf8'));
  }

  /** The bytes from `start` up to `end`, as far as the file has them; null when there is no such file. */
  async readPart(path: string, start: number, end: number): Promise<FilePart | null> {
    const read = (): Promise<FilePart | null> => this.find(() => readPart(path, start, end));
    return end - start > LONG_READ ? this.longReads.run(read) : read();
  }

  /** Names in a folder; empty if it does not exist. */
  async list(folder: string): Promise<Dirent[]> {
    return (await this.find(() => readdir(folder, { withFileTypes: true }))) ?? [];
  }

  /** Differs as soon as the file's content does; null when there is no such file. */
  async stamp(path: string): Promise<string | null> {
    return this.find(async () => stampOf(await stat(path)));
  }

  /** Whether the last change failed, for any reason. */
  get hasFailed(): boolean {
    return this.lastFailed;
  }

  async makeFolder(path: string): Promise<void> {
    await this.change(() => makeFolder(path));
  }

  /**
   * Replaces the content of the file in one step. `durable`: it is on the disk, not only with the
   * operating system, when this returns. Returns the new stamp.
   */
  async replace(path: string, content: Content, { durable = false } = {}): Promise<string> {
    const replace = (): Promise<string> =>
      this.change(() =>
        this.inItsFolder(path, () => replaceFile(path, content, { durable, guard: this.guard })),
      );
    return isLong(content) ? this.longWrites.run(replace) : replace();
  }

  /** Creates a file; false if it exists. */
  async create(path: string, text: string): Promise<boolean> {
    return this.change(async () => {
      const handle = await open(path, 'wx', PRIVATE_FILE).catch((error: unknown) => {
        if (fileErrorCode(error) === 'EEXIST') return null;
        throw error;
      });
      if (!handle) return false;
      try {
        await handle.writeFile(text).finally(() => handle.close());
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return true;
    });
  }

  /** Overwrites the beginning of an existing file. */
  async rewrite(path: string, text: string): Promise<void> {
    await this.change(async () => {
      const handle = await open(path, 'r+');
      await handle.write(text, 0).finally(() => handle.close());
    });
  }

  /**
   * Writes at a byte offset of a file, which is created if necessary; returns the number of bytes.
   */
  async writeAt(path: string, offset: number, text: string): Promise<number> {
    const bytes = Buffer.from(text);
    return this.change(() =>
      this.inItsFolder(path, () => overwrite(path, offset, bytes, this.guard)),
    );
  }

  /** The content of a file, if there is one, is on the disk when this returns. */
  async sync(path: string): Promise<void> {
    await this.change(async () => {
      const handle = await open(path, 'r+').catch(absent);
      if (!handle) return;
      try {
        await handle.datasync();
      } finally {
        await handle.close();
      }
    });
  }

  /** Removes a file, if there is one. */
  async remove(path: string, { durable = false } = {}): Promise<void> {
    await this.change(async () => {
      const removed = await unlink(path).then(() => true, absent);
      if (!removed || !durable) return;
      // The file is already removed: a failure here must not report that it still exists.
      const folder = await openFolder(dirname(path)).catch(() => null);
      await folder?.sync().catch(() => undefined);
      await folder?.close();
    });
  }

  /** Removes a folder with all that is in it, if there is one. */
  async removeFolder(path: string): Promise<void> {
    await this.change(() => rm(path, { recursive: true, force: true }));
  }

  /** Moves a file into a folder, under its own name where that is free. */
  async moveInto(path: string, folder: string): Promise<void> {
    await this.change(async () => {
      await makeFolder(folder);
      const target = join(folder, basename(path));
      const taken = await stat(target).catch(absent);
      await rename(path, taken ? `${target}.${randomUUID()}` : target);
    });
  }

  /** All changes of the disk use this method. */
  protected async change<T>(task: () => Promise<T>): Promise<T> {
    try {
      const result = await this.perform(async () => {
        await this.guard();
        return task();
      });
      this.lastFailed = false;
      return result;
    } catch (error) {
      this.lastFailed = true;
      throw error;
    }
  }

  /** Repeats a write if only its folder was missing, and not the store's folder. */
  private async inItsFolder<T>(path: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (fileErrorCode(error) !== 'ENOENT') throw error;
      await this.guard();
      await makeFolder(dirname(path));
      return write();
    }
  }

  /**
   * Null if there is no such file; an error if the folder was moved, since its files still exist.
   */
  private async find<T>(read: () => Promise<T>): Promise<T | null> {
    const found = await this.perform(() => read().catch(absent));
    if (found === null) await this.perform(this.guard);
    return found;
  }

  private async perform<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await this.files.run(task);
    } catch (error) {
      throw fileError(error);
    }
  }
}

function absent(error: unknown): null {
  if (fileErrorCode(error) === 'ENOENT') return null;
  throw error;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
}
