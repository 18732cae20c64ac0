import { createHash } from 'node:crypto';
import type { ImageReference } from '../../domain/conversation.js';
import type { HistoryView } from '../../store/history-transfer.js';
import {
  ConversationDigest,
  HistoryDigest,
  type Contents,
  type ConversationContents,
} from './digest.js';
import { keysOf, ownersOf, readMoved, summariesOf } from './moved-history.js';
import { ChangedMeanwhile, settling } from './settling.js';

/** Reads a whole history, with its images. */
export async function readContents(view: HistoryView): Promise<Contents> {
  const digest = new HistoryDigest();
  for (const ownerId of await ownersOf(view))
    for await (const page of summariesOf(view, ownerId))
      for (const { id } of page) {
        const contents = await settling(() => contentsOf(view, ownerId, id));
        if (contents) digest.add(contents);
      }
  digest.addUsage(await view.usage.all());
  digest.addKeys(await keysOf(view));
  return digest.contents();
}

async function contentsOf(
  view: HistoryView,
  ownerId: string,
  id: string,
): Promise<ConversationContents | null> {
  const moved = await readMoved(view, ownerId, id);
  if (!moved) return null;
  const digest = new ConversationDigest(moved.conversation);
  const checked = new Set<string>();
  for await (const page of moved.pages())
    for (const message of page) {
      digest.add(message);
      for (const image of message.images ?? []) {
        if (checked.has(image.id)) continue;
        checked.add(image.id);
        if (!(await isWhole(view, { ownerId, id }, image))) digest.addMissing(image.id);
      }
    }
  return digest.contents();
}

async function isWhole(
  view: HistoryView,
  conversation: { ownerId: string; id: string },
  image: ImageReference,
): Promise<boolean> {
  const pieces = await view.image(conversation, image);
  if (!pieces) return false;
  const hash = createHash('sha256');
  try {
    for await (const piece of pieces) hash.update(piece);
  } catch {
    // It went with its conversation.
    throw new ChangedMeanwhile();
  }
  return hash.digest('hex') === image.id;
}
