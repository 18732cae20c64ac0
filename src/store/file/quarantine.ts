import { basename } from 'node:path';
import type { AppLogger } from '../../observability/app-logger.js';
import type { Disk } from './disk.js';
import { DamagedFileError, NewerFileError } from './json-reader.js';
import type { Layout } from './layout.js';

/** Sets damaged files aside, so that they hide nothing else and can still be looked at. */
export class Quarantine {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly logger: AppLogger,
  ) {}

  /** What `decode` makes of a file's text; null as in `sound`. */
  readSound<T>(path: string, decode: (text: string) => T): Promise<T | null> {
    return this.sound(path, async () => {
      const text = await this.disk.read(path);
      return text === null ? null : decode(text);
    });
  }

  /**
   * What `read` makes of a file; null when there is no such file or it is damaged. Then it is
   * moved to the quarantine folder; the file of a later release stays where it is, and so does one
   * that is not ours.
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
      this.logger.warn('A file of a later release is left alone', fields);
      return;
    }
    if (!this.layout.owns(path)) {
      this.logger.warn('A file that is no conversation is left alone', fields);
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
