import { randomUUID } from 'node:crypto';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { ConversationSummary, Message } from '../../domain/conversation.js';
import type {
  HistoryTransfer,
  HistoryView,
  MovedMessages,
  StoreImage,
} from '../../store/history-transfer.js';
import type { HistoryCounts } from '../../store/idle-conversations.js';
import type { OwnerErasure } from '../../store/owner-erasure.js';
import type { Store } from '../../store/store.js';
import { checkedImage } from './checked-image.js';
import { CopyNote } from './copy-note.js';
import { keysDigest, usageDigest } from './digest.js';
import {
  keysOf,
  ownersOf,
  readMoved,
  sameState,
  summariesOf,
  type Moved,
} from './moved-history.js';
import { settling } from './settling.js';

/** A store of the command; memory has no transfer. */
export type DurableStore = Store & {
  readonly transfer: HistoryTransfer;
  readonly erasure: OwnerErasure;
};

/** Makes `to` as `from` is now; what is there already as it is to be is not written again. */
export async function copyHistory(from: DurableStore, to: DurableStore): Promise<HistoryCounts> {
  const source = await idOf(from);
  const note = new CopyNote(to);
  await note.assertCopyOf(source);
  await note.write(source);
  return from.transfer.reading(async (view) => {
    // Before what they protect: a store whose copy ends here is not open to all.
    await copyKeys(view, to, (work) => note.whileWritingKeys(source, work));
    await to.transfer.writer.calibrations.save(await view.calibrations.all());
    const counts = await copyAll(view, to);
    await removeOthers(view, to);
    await copyUsage(view, to);
    return counts;
  });
}

/** Fails where `copyHistory` would be refused. */
export async function assertCopied(from: DurableStore, to: DurableStore): Promise<void> {
  await new CopyNote(to).assertCopyOf(await from.transfer.fact('id'));
}

/** Of a store that is read, too: it is the one thing that is written there, once. */
async function idOf({ transfer }: DurableStore): Promise<string> {
  const known = await transfer.fact('id');
  if (known !== null) return known;
  const id = randomUUID();
  await transfer.setFact('id', id);
  return id;
}

async function copyAll(view: HistoryView, to: DurableStore): Promise<HistoryCounts> {
  const counts = { conversations: 0, messages: 0 };
  for (const ownerId of await ownersOf(view))
    for await (const page of summariesOf(view, ownerId)) {
      const ids = page.map(({ id }) => id);
      const there = await to.conversations.summaries(ownerId, ids);
      const known = new Map(there.map((summary) => [summary.id, summary]));
      for (const summary of page) {
        const messages = isCopied(summary, known.get(summary.id))
          ? summary.messageTotal
          : await settling(() => copyOne(view, to, ownerId, summary.id));
        if (messages === null) continue;
        counts.conversations += 1;
        counts.messages += messages;
      }
    }
  return counts;
}

/** What is being answered is read to be sure. */
function isCopied(summary: ConversationSummary, there: ConversationSummary | undefined): boolean {
  if (summary.activeGenerationId !== null || there === undefined) return false;
  return sameState(summary, there);
}

/** How many messages it has; null if it is not there any more. */
async function copyOne(
  view: HistoryView,
  to: DurableStore,
  ownerId: string,
  id: string,
): Promise<number | null> {
  const moved = await readMoved(view, ownerId, id);
  if (!moved) return null;
  await to.transfer.writer.put(moved.conversation, withImages(view, moved));
  return moved.conversation.messageTotal;
}

function withImages(view: HistoryView, moved: Moved): MovedMessages {
  const { conversation } = moved;
  return async function* (storeImage: StoreImage): AsyncGenerator<Message[]> {
    for await (const page of moved.pages()) {
      for (const { images } of page)
        for (const image of images ?? []) {
          const pieces = await view.image(conversation, image);
          if (pieces) await storeImage(image, checkedImage(pieces, image.id));
        }
      yield page;
    }
  };
}

/** Removes what is not there any more where it was copied from. */
async function removeOthers(view: HistoryView, to: DurableStore): Promise<void> {
  for (const [ownerId] of await to.conversations.countByOwner())
    for await (const page of summariesOf(to, ownerId)) {
      const there = await view.conversations.summaries(
        ownerId,
        page.map(({ id }) => id),
      );
      const kept = new Set(there.map(({ id }) => id));
      for (const { id } of page) if (!kept.has(id)) await to.transfer.writer.remove(ownerId, id);
    }
}

/** Usage is small: it is written as a whole, unless it is there already. */
async function copyUsage(view: HistoryView, to: DurableStore): Promise<void> {
  const items = await view.usage.all();
  if (usageDigest(items) !== usageDigest(await to.usage.all())) await to.usage.replaceAll(items);
}

/** As a whole, too: also that there was never one, or none is left. */
async function copyKeys(
  view: HistoryView,
  to: DurableStore,
  writing: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const keys = await keysOf(view);
  if (stateOf(keys) === stateOf(await keysOf(to))) return;
  await writing(() => to.keys.replaceAll(keys ?? []));
}

/** With when they were used: the digest leaves it out. */
function stateOf(keys: readonly ApiKeyRecord[] | null): string | null {
  return keys && [keysDigest(keys), ...keys.map(({ lastUsedAt }) => lastUsedAt)].join(' ');
}
