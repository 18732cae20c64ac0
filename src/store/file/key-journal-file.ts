import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../common/private-files.js';
import { DiskFullError } from '../support/files.js';
import { fileError, fileErrorCode } from './file-errors.js';
import { stampOf } from './file-reads.js';
import { openFolder } from './file-writes.js';

/**
 * A file of lines to which several processes append without a lock: a line is one write to the end of the
 * file, so none is lost and none is mixed with another.
 */
export class JournalFile {
  constructor(private readonly path: string) {}

  /** Differs after each line; null while there is no file. */
  stamp(): Promise<string | null> {
    return found(async () => stampOf(await stat(this.path)));
  }

  /** All lines; what is behind the last line feed is being written, or torn. */
  async read(): Promise<string> {
    return (await found(() => readFile(this.path, 'utf8'))) ?? '';
  }

  /** Adds a line; it is on the disk when this returns. The folder is made if it is missing. */
  async append(line: string): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: PRIVATE_FOLDER });
      const handle = await open(this.path, 'a', PRIVATE_FILE);
      try {
        // A line before it that was torn ends here.
        const bytes = Buffer.from(`\n${line}\n`);
        const { bytesWritten } = await handle.write(bytes);
        if (bytesWritten < bytes.length) throw new DiskFullError();
        await handle.datasync();
      } finally {
        await handle.close();
      }
      const folder = await openFolder(dirname(this.path));
      try {
        await folder?.sync();
      } finally {
        await folder?.close();
      }
    } catch (error) {
      throw fileError(error);
    }
  }
}

async function found<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return null;
    throw fileError(error);
  }
}
