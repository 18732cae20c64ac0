import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { DEFAULT_OWNER } from '../../domain/owner.js';
import { TEMPORARY } from './file-writes.js';

/** Names of the store's conversation files: an id in the form of a UUID, or one with a digest. */
const OUR_NAME = /^([a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}|.*~[0-9a-f]{32})\.json$/;

/** Names of devices on Windows, with any file extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * Paths in the store's folder. Ids do not contain `_`, so no conversation's file can have the name
 * of another file of the store.
 */
export class Layout {
  readonly index: string;
  readonly calibrations: string;
  /** What is noted of the folder itself; written with or without the lock. */
  readonly facts: string;
  /** The keys as a journal, and when they were used; both beside the lock, written without it. */
  readonly keys: string;
  readonly keyUses: string;
  readonly lock: string;
  readonly owners: string;
  readonly generations: string;
  readonly images: string;
  readonly changes: string;
  readonly usage: string;
  readonly deletedChats: string;
  readonly quarantine: string;
  /**
   * Test file that is written and removed to check the disk; if a crash leaves it, it is removed.
   */
  readonly probe: string;

  constructor(readonly folder: string) {
    this.index = join(folder, '_index.json');
    this.calibrations = join(folder, '_calibrations.json');
    this.facts = join(folder, '_facts');
    this.keys = join(folder, '_keys');
    this.keyUses = join(folder, '_key_uses');
    this.lock = join(folder, '_lock');
    this.owners = join(folder, 'owners');
    this.generations = join(folder, 'generations');
    this.images = join(folder, 'images');
    this.changes = join(folder, 'changes');
    this.usage = join(folder, 'usage');
    this.deletedChats = join(folder, 'deleted-chats');
    this.quarantine = join(folder, 'quarantine');
    this.probe = join(folder, `_probe${TEMPORARY}`);
  }

  /** Folder of an owner's conversations; the default owner's are directly in the store's folder. */
  ownerFolder(ownerId: string): string {
    return ownerId === DEFAULT_OWNER ? this.folder : join(this.owners, safeName(ownerId));
  }

  conversation(ownerId: string, id: string): string {
    return join(this.ownerFolder(ownerId), `${safeName(id)}.json`);
  }

  /** The same by the names of the folder of images and of the conversation. */
  conversationNamed(owner: string, conversation: string): string {
    const folder = owner === safeName(DEFAULT_OWNER) ? this.folder : join(this.owners, owner);
    return join(folder, `${conversation}.json`);
  }

  deletedChatsOf(ownerId: string): string {
    return join(this.deletedChats, safeName(ownerId));
  }

  deletedChat(ownerId: string, id: string): string {
    return join(this.deletedChatsOf(ownerId), `${safeName(id)}.json`);
  }

  generation(key: string): string {
    return join(this.generations, `${safeName(key)}.json`);
  }

  /** Whether a file must be the store's own: the folder itself may hold other JSON files too. */
  owns(path: string): boolean {
    return dirname(path) !== this.folder || OUR_NAME.test(basename(path));
  }

  /** Whether it is a file of the store in its folder, but no conversation. */
  isRecord(path: string): boolean {
    return path === this.index || path === this.calibrations;
  }

  log(key: string): string {
    return join(this.generations, `${safeName(key)}.ndjson`);
  }
}

/**
 * A unique file name for each id, also on case-insensitive file systems. Usual ids are used as
 * names; all others (`..`, `A` and `a`, `con`) get a digest, with a `~` so that the name is not an
 * id.
 */
export function safeName(id: string): string {
  if (/^[a-z0-9-]{1,100}$/.test(id) && !DEVICE.test(id)) return id;
  const readable = id
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, 60);
  return `${readable}~${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}
