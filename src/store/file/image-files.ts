import { join } from 'node:path';
import type { ImageReference } from '../../domain/conversation.js';
import type { NewImage } from '../../domain/image.js';
import type { ImageUse } from '../image-store.js';
import type { Disk } from './disk.js';
import { TEMPORARY } from './file-writes.js';
import { imageName, parseImageName, useName, type ImageFileName } from './image-names.js';
import { safeName, type Layout } from './layout.js';

/** The files of one owner's images. */
export interface ImageFolder {
  /** As its folder is called. */
  owner: string;
  files: { path: string; name: ImageFileName }[];
}

/**
 * One file per image, and an empty one for each message that uses it: the names say all that must be
 * known at a start.
 */
export class ImageFiles {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
  ) {}

  async save(ownerId: string, image: NewImage): Promise<void> {
    await this.disk.replace(this.path(ownerId, imageName(image)), image, { durable: true });
  }

  async read(
    ownerId: string,
    image: ImageReference,
    start: number,
    end: number,
  ): Promise<Buffer | null> {
    const part = await this.disk.readPart(this.path(ownerId, imageName(image)), start, end);
    return part?.bytes ?? null;
  }

  async remove(ownerId: string, image: ImageReference): Promise<void> {
    await this.disk.remove(this.path(ownerId, imageName(image)), { durable: true });
  }

  /** The new name first: after a crash in between the message counts as settled. */
  async saveUse(use: ImageUse, imageId: string, { isOpen }: { isOpen: boolean }): Promise<void> {
    await this.disk.replace(this.usePath(use, imageId, isOpen), '', { durable: true });
    await this.disk.remove(this.usePath(use, imageId, !isOpen), { durable: true });
  }

  async removeUse(use: ImageUse, imageId: string): Promise<void> {
    for (const isOpen of [true, false]) await this.disk.remove(this.usePath(use, imageId, isOpen));
  }

  /** All folders. Removes incomplete files of a crash. */
  async scan(): Promise<ImageFolder[]> {
    const folders = (await this.disk.list(this.layout.images)).filter((one) => one.isDirectory());
    return Promise.all(folders.map(({ name }) => this.scanFolder(name)));
  }

  async removeFile(path: string): Promise<void> {
    await this.disk.remove(path);
  }

  /** Whether a conversation's file is there, readable or not, by the names that stand in a use. */
  async hasConversation(owner: string, conversation: string): Promise<boolean> {
    const path = this.layout.conversationNamed(owner, conversation);
    if ((await this.disk.stamp(path)) !== null) return true;
    const quarantined = await this.disk.list(this.layout.quarantine);
    return quarantined.some(({ name }) => name.startsWith(`${conversation}.json`));
  }

  private async scanFolder(owner: string): Promise<ImageFolder> {
    const folder = join(this.layout.images, owner);
    const files: ImageFolder['files'] = [];
    for (const entry of await this.disk.list(folder)) {
      const path = join(folder, entry.name);
      const name = parseImageName(entry.name);
      if (entry.name.endsWith(TEMPORARY)) await this.disk.remove(path);
      else if (name && entry.isFile()) files.push({ path, name });
    }
    return { owner, files };
  }

  private usePath(use: ImageUse, imageId: string, isOpen: boolean): string {
    return this.path(use.ownerId, useName(use, imageId, isOpen));
  }

  private path(ownerId: string, name: string): string {
    return join(this.layout.images, safeName(ownerId), name);
  }
}
