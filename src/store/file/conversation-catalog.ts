import { join, relative } from 'node:path';
import type { AppLogger } from '../../observability/app-logger.js';
import type { IndexEntry } from '../local/conversation-index.js';
import { OwnedMap } from '../local/owned-map.js';
import type { FileChangeFeed } from './changes/file-change-feed.js';
import type { Disk } from './disk.js';
import { JsonReader } from './json-reader.js';
import type { Layout } from './layout.js';
import { decodeSettings, encodeSettings } from './settings-codec.js';

/** Version 1 does not have what lists need, version 2 no chat ids, version 3 no metadata. */
const VERSION = 4;
const OLDEST = 1;
/**
 * Delay between a change and the writing of the index; a very large index is written less often.
 */
const WRITE_DELAY_MS = 1000;

/** One conversation's summary with the file it was read from. */
export interface CatalogEntry {
  ownerId: string;
  summary: IndexEntry;
  path: string;
  /** The file's stamp when it was read or written: while it is the same, the summary is valid. */
  stamp: string;
}

/**
 * The file of each conversation, and the index file with their summaries. With the index, the next
 * start does not have to read every conversation; it is a cache and may be outdated or missing.
 */
export class ConversationCatalog {
  private entries = new OwnedMap<CatalogEntry>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly logger: AppLogger,
    private readonly changes: FileChangeFeed,
  ) {}

  get(ownerId: string, id: string): CatalogEntry | undefined {
    return this.entries.get(ownerId, id);
  }

  put(entry: CatalogEntry): void {
    this.entries.set(entry.ownerId, entry.summary.id, entry);
    this.writeSoon();
  }

  get all(): CatalogEntry[] {
    return this.entries.values();
  }

  remove(ownerId: string, id: string): void {
    if (this.entries.delete(ownerId, id)) this.writeSoon();
  }

  clear(): void {
    this.entries = new OwnedMap();
  }

  /** The entries of the index file, by path; empty if it is missing, damaged or of an earlier release. */
  async remembered(): Promise<Map<string, CatalogEntry>> {
    const text = await this.disk.read(this.layout.index);
    if (text === null) return new Map();
    try {
      const file = JsonReader.parse(text, VERSION, OLDEST);
      if (file.optionalNumber('version') !== VERSION) return new Map();
      const entries = file.list('conversations');
      return new Map(entries.map((entry) => this.decode(entry)).map((e) => [e.path, e]));
    } catch (error) {
      this.logger.warn('The conversation index is damaged and is created again', { error });
      return new Map();
    }
  }

  /** Writes the index if it has changed. A failure is logged; the next start then takes longer. */
  async flush(): Promise<void> {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    const conversations = this.entries.values().map((entry) => this.encode(entry));
    const text = `${JSON.stringify({ version: VERSION, conversations })}\n`;
    try {
      // The next start does not look for changes in files that the index knows.
      await this.changes.sync();
      await this.disk.replace(this.layout.index, text);
    } catch (error) {
      this.logger.warn('The conversation index could not be written', { error });
    }
  }

  private writeSoon(): void {
    if (this.timer) return;
    const delay = Math.max(WRITE_DELAY_MS, this.entries.size);
    this.timer = setTimeout(() => void this.flush(), delay).unref();
  }

  private encode({ ownerId, summary, path, stamp }: CatalogEntry): Record<string, unknown> {
    return {
      owner: ownerId,
      id: summary.id,
      title: summary.title,
      created_at: new Date(summary.createdAt).toISOString(),
      updated_at: new Date(summary.updatedAt).toISOString(),
      message_count: summary.messageCount,
      message_total: summary.messageTotal,
      active_message_id: summary.activeMessageId,
      ...encodeSettings(summary),
      file: relative(this.layout.folder, path),
      stamp,
    };
  }

  private decode(entry: JsonReader): CatalogEntry {
    return {
      ownerId: entry.text('owner'),
      path: join(this.layout.folder, entry.text('file')),
      stamp: entry.text('stamp'),
      summary: {
        id: entry.text('id'),
        title: entry.text('title'),
        createdAt: entry.time('created_at'),
        updatedAt: entry.time('updated_at'),
        messageCount: entry.number('message_count'),
        messageTotal: entry.number('message_total'),
        activeMessageId: entry.optional('active_message_id'),
        ...decodeSettings(entry),
      },
    };
  }
}
