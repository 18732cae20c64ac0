import { basename, join } from 'node:path';
import type { AppLogger } from '../../observability/app-logger.js';
import { summaryOf } from '../local/stored-conversation.js';
import type { Outbox } from './changes/outbox.js';
import type { CatalogEntry, ConversationCatalog } from './conversation-catalog.js';
import type { Disk } from './disk.js';
import { fileErrorCode } from './file-errors.js';
import { TEMPORARY } from './file-writes.js';
import type { Layout } from './layout.js';
import type { Quarantine } from './quarantine.js';
import { readOutline } from './read-outline.js';

interface Examined {
  entry: CatalogEntry;
  /** Of a file that the index does not know as it is. */
  outbox: Outbox | null;
}

/** Finds the conversations of a folder at the start. */
export class ConversationScan {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly catalog: ConversationCatalog,
    private readonly quarantine: Quarantine,
    private readonly logger: AppLogger,
  ) {}

  /**
   * Fills the catalog from the folder: from the index where a file has not changed since, else from the
   * file. Removes incomplete files of a crash.
   *
   * @param recover is given what the changed files have for the feed, before the catalog knows them
   */
  async run(recover: (outboxes: Outbox[]) => Promise<void>): Promise<void> {
    this.catalog.clear();
    const remembered = await this.catalog.remembered();
    const paths = await this.conversationPaths();
    const read = await Promise.all(paths.map((path) => this.examine(path, remembered.get(path))));
    const found = read.flatMap((candidate) => candidate ?? []);
    await recover(found.flatMap(({ outbox }) => outbox ?? []));
    for (const { entry } of found) {
      const { ownerId, summary, path } = entry;
      if (!this.catalog.get(ownerId, summary.id)) this.catalog.put(entry);
      else
        this.logger.warn('Two files hold the same conversation; one is ignored', {
          file: basename(path),
        });
    }
  }

  /** Every conversation's file; files with the store's own names come first. */
  private async conversationPaths(): Promise<string[]> {
    const owners = await this.disk.list(this.layout.owners);
    const folders = owners.filter((entry) => entry.isDirectory());
    const paths = await Promise.all([
      this.pathsIn(this.layout.folder),
      ...folders.map(({ name }) => this.pathsIn(join(this.layout.owners, name))),
    ]);
    return paths.flat();
  }

  private async pathsIn(folder: string): Promise<string[]> {
    const paths: string[] = [];
    for (const entry of await this.disk.list(folder)) {
      const path = join(folder, entry.name);
      if (!entry.isFile()) continue;
      if (entry.name.endsWith(TEMPORARY)) await this.disk.remove(path);
      else if (entry.name.endsWith('.json') && !this.layout.isRecord(path)) paths.push(path);
    }
    return paths.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  /** The entry of a file, null for an unusable one. An unusable file does not affect the others. */
  private async examine(
    path: string,
    remembered: CatalogEntry | undefined,
  ): Promise<Examined | null> {
    try {
      const stamp = await this.disk.stamp(path);
      if (stamp === null) return null;
      if (remembered?.stamp === stamp) return { entry: remembered, outbox: null };
      const outline = await this.quarantine.sound(path, () => readOutline(this.disk, path));
      if (!outline) return null;
      const { heading, stamp: read, outbox } = outline;
      const { ownerId } = heading;
      return { entry: { ownerId, summary: summaryOf(heading), path, stamp: read }, outbox };
    } catch (error) {
      if (!UNREADABLE.has(fileErrorCode(error))) throw error;
      this.logger.error('A conversation cannot be read', { file: basename(path), error });
      return null;
    }
  }
}

/** Errors of this one file, not of the disk or the process. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'EIO', 'EISDIR']);
