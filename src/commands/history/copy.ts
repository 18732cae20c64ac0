import { randomUUID } from 'node:crypto';
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
import { CommandError } from '../command-error.js';
import { checkedImage } from './checked-image.js';
import { usageDigest } from './digest.js';
import { ownersOf, readMoved, sameState, summariesOf, type Moved } from './moved-history.js';
import { settling } from './settling.js';

/** A store of the command; memory has no transfer. */
export type DurableStore = Store & {
  readonly transfer: HistoryTransfer;
  readonly erasure: OwnerErasure;
};

/** Makes `to` as `from` is now; what is there already as it is to be is not written again. */
export async function copyHistory(from: DurableStore, to: DurableStore): Promise<HistoryCounts> {
  const source = await idOf(from);
  await assertCopyOf(to, source);
  await note(to, source);
  return from.transfer.reading(async (view) => {
    await to.transfer.writer.calibrations.save(await view.calibrations.all());
    const counts = await copyAll(view, to);
    await removeOthers(view, to);
    await copyUsage(view, to);
    return counts;
  });
}

/** Fails where `copyHistory` would be refused. */
export async function assertCopied(from: DurableStore, to: DurableStore): Promise<void> {
  await assertCopyOf(to, await from.transfer.fact('id'));
}

/** Of a store that is read, too: it is the one thing that is written there, once. */
async function idOf({ transfer }: DurableStore): Promise<string> {
  const known = await transfer.fact('id');
  if (known !== null) return known;
  const id = randomUUID();
  await transfer.setFact('id', id);
  return id;
}

/**
 * It must be empty, or have been filled by this command from the same store and not been used since: the
 * feed of a store that was used has grown.
 */
async function assertCopyOf(to: DurableStore, source: string | null): Promise<void> {
  const noted = await to.transfer.fact('copied');
  if (noted === null) {
    if (await isEmpty(to)) return;
    throw new CommandError('The store to copy to has conversations of its own; name an empty one');
  }
  const [copied, end] = noted.split(' ');
  if (copied !== source)
    throw new CommandError('The store to copy to has the copy of another store; name an empty one');
  if (end !== (await to.changes.end()))
    throw new CommandError(
      'The store to copy to was changed since it was copied to; name an empty one',
    );
}

async function isEmpty({ conversations, usage }: DurableStore): Promise<boolean> {
  return (await conversations.countByOwner()).size === 0 && (await usage.all()).length === 0;
}

async function note(to: DurableStore, source: string): Promise<void> {
  await to.transfer.setFact('copied', `${source} ${await to.changes.end()}`);
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
