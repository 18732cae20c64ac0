import { basename } from 'node:path';
import type { AppLogger } from '../../observability/app-logger.js';
import type { Disk } from './disk.js';
import { DamagedFileError, NewerFileError } from './json-reader.js';
import type { Layout } from './layout.js';

/**
 * Moves damaged files to another folder, so that they cause no further errors and can be inspected.
 */
export class Quarantine {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly logger: AppLogger,
  ) {}

  /** A file's text, decoded by `decode`; null as in `sound`. */
  readSound<T>(path: string, decode: (text: string) => T): Promise<T | null> {
    return this.sound(path, async () => {
      const text = await this.disk.read(path);
      return text === null ? null : decode(text);
    });
  }

  /**
   * The result of `read` for a file; null if the file does not exist or is damaged. A damaged file
   * is moved to the quarantine folder; files of later releases and of other programs stay where
   * they are.
   */
  async sound<T>(path: string, read: () => Promise<T | null>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      await this.setAside(path, error);
      return null;
    }
  }

  private async setAside(path: string, error: DamagedFileError): Promise<void> {
    const fields = { file: basename(path), error };
    if (error instanceof NewerFileError) {
      this.logger.warn('A file of a later release is ignored', fields);
      return;
    }
    if (!this.layout.owns(path)) {
      this.logger.warn('A file that is not a conversation is ignored', fields);
      return;
    }
    try {
      await this.disk.moveInto(path, this.layout.quarantine);
      this.logger.error('A damaged file was moved to the quarantine folder', fields);
    } catch (cause) {
      this.logger.error('A damaged file could not be moved away', { ...fields, error: cause });
    }
  }
}
