import { statSync } from 'node:fs';
import { ConversationDigest, HistoryDigest, type Contents } from '../digest.js';
import { readLines } from './backup-lines.js';
import { BackupReader, DiscardedConversation, type BackupConversation } from './backup-reader.js';

/** Fails if a backup is not as it was written; what can be read once is not looked at. */
export async function assertWhole(file: string): Promise<void> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return;
  const lines = readLines(file);
  for (let next = await lines.next(); !next.done;) next = await lines.next();
}

/** What a whole backup has. */
export async function contentsOfBackup(file: string): Promise<Contents> {
  const reader = new BackupReader(file);
  try {
    await reader.calibrations();
    const digest = new HistoryDigest();
    digest.addUsage(await reader.usage());
    digest.addKeys(await reader.keys());
    const images = new OwnersImages();
    for await (const read of reader.conversations()) {
      const contents = await digestOf(read, images);
      if (contents) digest.add(contents);
    }
    return digest.contents();
  } catch (error) {
    throw await reader.explain(error);
  }
}

async function digestOf({ conversation, messages }: BackupConversation, images: OwnersImages) {
  const there = images.of(conversation.ownerId);
  const digest = new ConversationDigest(conversation);
  const added = new Set<string>();
  const checked = new Set<string>();
  try {
    const pages = messages(async ({ id }) => {
      added.add(id);
      return Promise.resolve();
    });
    for await (const page of pages)
      for (const message of page) {
        digest.add(message);
        for (const { id } of message.images ?? []) {
          if (checked.has(id)) continue;
          checked.add(id);
          if (!there.has(id) && !added.has(id)) digest.addMissing(id);
        }
      }
  } catch (error) {
    if (error instanceof DiscardedConversation) return null;
    throw error;
  }
  for (const id of added) there.add(id);
  return digest.contents();
}

/** Images that the backup has had so far; owners come one after the other. */
class OwnersImages {
  private owner: string | null = null;
  private ids = new Set<string>();

  of(ownerId: string): Set<string> {
    if (ownerId !== this.owner) this.ids = new Set();
    this.owner = ownerId;
    return this.ids;
  }
}
