import { basename, join } from 'node:path';
import type { Logger } from '../../observability/logger.js';
import { summaryOf, type StoredConversation } from '../local/stored-conversation.js';
import { decodeConversation, encodeConversation } from './conversation-codec.js';
import type { CatalogEntry, ConversationCatalog } from './conversation-catalog.js';
import type { Disk } from './disk.js';
import { fileErrorCode } from './file-errors.js';
import { TEMPORARY } from './file-writes.js';
import type { Layout } from './layout.js';
import type { Quarantine } from './quarantine.js';

/** One JSON file a conversation. The file is the truth, whatever the index says. */
export class ConversationFiles {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly catalog: ConversationCatalog,
    private readonly quarantine: Quarantine,
    private readonly logger: Logger,
  ) {}

  async load(ownerId: string, id: string): Promise<StoredConversation | null> {
    const found = await this.quarantine.readSound(this.path(ownerId, id), decodeConversation);
    if (found && found.ownerId === ownerId && found.id === id) return found;
    this.catalog.remove(ownerId, id);
    return null;
  }

  async save(conversation: StoredConversation): Promise<void> {
    const { ownerId, id } = conversation;
    const path = this.path(ownerId, id);
    const text = encodeConversation(conversation);
    const stamp = await this.disk.replace(path, text, { durable: true });
    this.catalog.put({ ownerId, summary: summaryOf(conversation), path, stamp });
  }

  async remove(ownerId: string, id: string): Promise<void> {
    await this.disk.remove(this.path(ownerId, id), { durable: true });
    this.catalog.remove(ownerId, id);
  }

  /**
   * Fills the catalog from the folder and returns its entries: from the index where a file has not
   * changed since, else from the file. Removes what a crash left half-written.
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

  /** Every conversation's file; the files that have our own names come first. */
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
      else if (entry.name.endsWith('.json') && path !== this.layout.index) paths.push(path);
    }
    return paths.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  /** The entry of a file, null for one that cannot be used. One bad file never hides the others. */
  private async examine(
    path: string,
    remembered: CatalogEntry | undefined,
  ): Promise<CatalogEntry | null> {
    try {
      const stamp = await this.disk.stamp(path);
      if (stamp === null) return null;
      if (remembered?.stamp === stamp) return remembered;
      const conversation = await this.quarantine.readSound(path, decodeConversation);
      if (!conversation) return null;
      return { ownerId: conversation.ownerId, summary: summaryOf(conversation), path, stamp };
    } catch (error) {
      if (!UNREADABLE.has(fileErrorCode(error) ?? '')) throw error;
      this.logger.error('A conversation cannot be read', { file: basename(path), error });
      return null;
    }
  }
}

/** What is wrong with this one file, not with the disk or the process. */
const UNREADABLE = new Set(['EACCES', 'EPERM', 'EIO', 'EISDIR']);
