import type { Disk } from './disk.js';
import type { Layout } from './layout.js';

const VERSION = 1;

/**
 * One small file for each deleted conversation that had a chat id: that it is there says that. They are looked
 * up, never listed.
 */
export class DeletedChatFiles {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
  ) {}

  /** On the disk when this returns, as the deletion will be. */
  async save(ownerId: string, id: string, now: number): Promise<void> {
    const text = JSON.stringify({ version: VERSION, deleted_at: new Date(now).toISOString() });
    await this.disk.replace(this.layout.deletedChat(ownerId, id), `${text}\n`, { durable: true });
  }

  async has(ownerId: string, id: string): Promise<boolean> {
    return (await this.disk.stamp(this.layout.deletedChat(ownerId, id))) !== null;
  }

  remove(ownerId: string, id: string): Promise<void> {
    return this.disk.remove(this.layout.deletedChat(ownerId, id), { durable: true });
  }
}
