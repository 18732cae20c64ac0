import { join } from 'node:path';
import { DEFAULT_OWNER } from '../../../domain/owner.js';
import type { LocalState } from '../../local/local-state.js';
import { LocalUsageStore } from '../../local/local-usage-store.js';
import { OwnerErasure, type OwnersGeneration } from '../../owner-erasure.js';
import type { FileChangeFeed } from '../changes/file-change-feed.js';
import type { ConversationCatalog } from '../conversation-catalog.js';
import type { Disk } from '../disk.js';
import type { Layout } from '../layout.js';
import { safeName } from '../layout.js';
import { writtenOwner } from './written-owner.js';

/** Enough of a file to say whose it is. */
const HEAD_BYTES = 16 * 1024;

/** What erasure uses of an opened folder, which nobody serves. */
export interface ErasedFolder {
  disk: Disk;
  layout: Layout;
  state: LocalState;
  catalog: ConversationCatalog;
  changes: FileChangeFeed;
}

/** Erases an owner from a folder. */
export class FileOwnerErasure extends OwnerErasure {
  /** Of the folder's own files nothing is left. */
  readonly remains = null;

  constructor(private readonly folder: ErasedFolder) {
    super();
  }

  /** The start has ended what a dead process left running. */
  async running(ownerId: string): Promise<OwnersGeneration[]> {
    return this.folder.state.table.allRunning().filter((row) => row.ownerId === ownerId);
  }

  /**
   * All that an owner has beside keys and conversations. A new kind of file with an owner is one more line. The
   * index is only a cache: it goes first, so that no crash leaves an old one.
   */
  async erase(ownerId: string): Promise<void> {
    const { disk, layout, state, catalog, changes } = this.folder;
    await disk.remove(layout.index, { durable: true });
    for (const { key, ...row } of state.table.allEnded())
      if (row.ownerId === ownerId) await this.removeGeneration(key);
    // Behind them: the next start would count what they spent again.
    await new LocalUsageStore(state).eraseOwner(ownerId);
    await this.removeUnknown(ownerId);
    await disk.removeFolder(join(layout.images, safeName(ownerId)));
    await disk.removeFolder(layout.deletedChatsOf(ownerId));
    if (ownerId !== DEFAULT_OWNER) await disk.removeFolder(layout.ownerFolder(ownerId));
    await changes.forget(ownerId);
    await catalog.flush();
  }

  private async removeGeneration(key: string): Promise<void> {
    const { table, persistence } = this.folder.state;
    await persistence.removeGeneration(key);
    table.remove(key);
  }

  /**
   * Files that are no known conversation of anybody: damaged ones, those of a later release, second ones of
   * a conversation. One that does not say that it is another owner's goes, too.
   */
  private async removeUnknown(ownerId: string): Promise<void> {
    const { disk, layout, catalog, state } = this.folder;
    const known = new Set(catalog.all.map(({ path }) => path));
    const rows = [...state.table.allEnded(), ...state.table.allRunning()];
    for (const { key } of rows) known.add(layout.generation(key)).add(layout.log(key));
    // What is in another owner's folder is theirs.
    for (const folder of [layout.folder, layout.generations, layout.quarantine]) {
      for (const entry of await disk.list(folder)) {
        const path = join(folder, entry.name);
        if (!entry.isFile() || known.has(path) || !this.mayHaveWords(path)) continue;
        if (await this.isOthers(path, ownerId)) continue;
        await disk.remove(path, { durable: true });
      }
    }
  }

  /** The folder itself may hold files of other programs, too. */
  private mayHaveWords(path: string): boolean {
    const { layout } = this.folder;
    return layout.owns(path) && !layout.isRecord(path);
  }

  private async isOthers(path: string, ownerId: string): Promise<boolean> {
    const part = await this.folder.disk.readPart(path, 0, HEAD_BYTES);
    const owner = part && writtenOwner(part.bytes.toString());
    return owner !== null && owner !== ownerId;
  }
}
