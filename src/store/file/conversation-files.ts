import { basename, join } from 'node:path';
import type { AppLogger } from '../../observability/app-logger.js';
import {
  summaryOf,
  type ConversationChange,
  type StoredConversation,
} from '../local/stored-conversation.js';
import { rewriteOf } from './conversation-rewrite.js';
import type { CatalogEntry, ConversationCatalog } from './conversation-catalog.js';
import type { Disk } from './disk.js';
import { fileErrorCode } from './file-errors.js';
import { FileMessages } from './file-messages.js';
import { TEMPORARY } from './file-writes.js';
import type { Layout } from './layout.js';
import { readOutline } from './outline.js';
import { Outlines } from './outlines.js';
import type { Quarantine } from './quarantine.js';

/**
 * One JSON file per conversation. The file takes precedence over the index. It is read, parsed and
 * encoded in slices, however long it is.
 */
export class ConversationFiles {
  private readonly outlines: Outlines;

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly catalog: ConversationCatalog,
    private readonly quarantine: Quarantine,
    private readonly logger: AppLogger,
  ) {
    this.outlines = new Outlines(disk);
  }

  async load(ownerId: string, id: string): Promise<StoredConversation | null> {
    const path = this.path(ownerId, id);
    const outline = await this.quarantine.sound(path, () => this.outlines.current(path));
    if (outline && outline.heading.ownerId === ownerId && outline.heading.id === id) {
      const messages = new FileMessages(this.disk, this.outlines, path, outline);
      return { ...outline.heading, messages };
    }
    this.outlines.forget(path);
    this.catalog.remove(ownerId, id);
    return null;
  }

  async save(change: ConversationChange): Promise<void> {
    const { ownerId, id, stored } = change;
    const path = this.path(ownerId, id);
    const before = stored instanceof FileMessages ? stored.outline : null;
    const { content, outlineAt } = rewriteOf(change, before);
    const { heading, places, stamp } = await this.outlines.renew(path, async () =>
      outlineAt(await this.disk.replace(path, content, { durable: true })),
    );
    this.catalog.put({ ownerId, summary: summaryOf(heading, places.length), path, stamp });
  }

  async remove(ownerId: string, id: string): Promise<void> {
    const path = this.path(ownerId, id);
    await this.disk.remove(path, { durable: true });
    this.outlines.forget(path);
    this.catalog.remove(ownerId, id);
  }

  /**
   * Fills the catalog from the folder and returns its entries: from the index where a file has not
   * changed since, else from the file. Removes incomplete files of a crash.
   */
  async scan(): Promise<CatalogEntry[]> {
    this.catalog.clear();
    const remembered = await this.catalog.remembered();
    const paths = await this.conversationPaths();
    const read = await Promise.all(paths.map((path) => this.examine(path, remembered.get(path))));
    const found = new Map<string, CatalogEntry>();
    for (const entry of read.flatMap((candidate) => candidate ?? [])) {
      const { ownerId, summary, path } = entry;
      if (this.catalog.get(ownerId, summary.id)) {
        this.logger.warn('Two files hold the same conversation; one is ignored', {
          file: basename(path),
        });
        continue;
      }
      this.catalog.put(entry);
      found.set(path, entry);
    }
    return [...found.values()];
  }

  private path(ownerId: string, id: string): string {
    return this.catalog.get(ownerId, id)?.path ?? this.layout.conversation(ownerId, id);
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
  ): Promise<CatalogEntry | null> {
    try {
      const stamp = await this.disk.stamp(path);
      if (stamp === null) return null;
      if (remembered?.stamp === stamp) return remembered;
      const outline = await this.quarantine.sound(path, () => readOutline(this.disk, path));
      if (!outline) return null;
      const { heading, places, stamp: read } = outline;
      const summary = summaryOf(heading, places.length);
      return { ownerId: heading.ownerId, summary, path, stamp: read };
    } catch (error) {
      if (!UNREADABLE.has(fileErrorCode(error))) throw error;
      this.logger.error('A conversation cannot be read', { file: basename(path), error });
      return null;
    }
  }
}

/** Errors of this one file, not of the disk or the process. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'EIO', 'EISDIR']);
