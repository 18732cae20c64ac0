import type { BranchMessage, ConversationReading } from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import { pagesBetween } from '../../rules/pages.js';
import type { Collections } from '../database/collections.js';
import { positionOf, slice } from './branch.js';
import { lengthOf, open } from './conversation-reader.js';
import type { ConversationState } from './conversation-state.js';
import { readAll, readPath } from './message-reader.js';
import type { Seen } from './window.js';
import { madeBefore, pathTo, promptBefore } from './window-reader.js';

/** Runs a read, with the number of its commands that are under way at the same time. */
export type Reads = <T>(
  work: (collections: Collections) => Promise<T>,
  atOnce?: number,
) => Promise<T>;

/** A conversation whose messages are read page by page. */
export async function readPages(
  reads: Reads,
  _id: string,
  window: Partial<MessageWindow>,
): Promise<ConversationReading | 'message_not_found' | null> {
  const opened = await reads((all) => open(all, _id, window), 3);
  if (opened === null) return null;
  const { state, head, seen } = opened;
  if (seen === null) return 'message_not_found';
  const pages = seen.isAll
    ? pagesOfAll(reads, state, seen.before, window.limit)
    : pagesOfBranch(reads, state, seen, window.limit);
  return { ...head, branchLength: lengthOf(state, seen), pages };
}

async function* pagesOfBranch(
  reads: Reads,
  state: ConversationState,
  seen: Seen,
  limit?: number,
): AsyncGenerator<BranchMessage[]> {
  const path = await reads((all) => pathTo(all, state, seen, limit));
  const { runs, beginsAtTop, prompt } = path;
  if (prompt.length > 0) yield prompt;
  const first = beginsAtTop ? 0 : 1;
  // Pages count along the path: a place of it is its position there.
  yield* pagesBetween(first, first + path.count - 1, async (from, count) => {
    const page = { runs: slice(runs, Math.max(0, from - 1), from === 0 ? count : count + 1) };
    const placed = await reads(
      (all) => readPath(all, state, { ...page, beginsAtTop: from === 0 }),
      2,
    );
    return placed.map(({ seq, message }) => ({ seq: positionOf(runs, seq), message }));
  });
}

async function* pagesOfAll(
  reads: Reads,
  state: ConversationState,
  before: number | null,
  limit?: number,
): AsyncGenerator<BranchMessage[]> {
  if (before === 0) return;
  const last = before === null ? state.last : before - 1;
  const start = await reads((all) => startOf(all, state, before, limit));
  if (start.prompt.length > 0) yield start.prompt;
  yield* pagesBetween(start.place, last, (from, count) =>
    reads(async (all) => {
      const inOrder = madeBefore(all, state, before, from).sort({ seq: 1 }).limit(count);
      return readAll(all, state, await inOrder.toArray());
    }, 2),
  );
}

/** Where the newest `limit` of all messages begin. */
async function startOf(
  collections: Collections,
  state: ConversationState,
  before: number | null,
  limit = Infinity,
): Promise<{ place: number; prompt: BranchMessage[] }> {
  const all = madeBefore(collections, state, before);
  const [start] =
    limit > state.total
      ? []
      : await all
          .sort({ seq: -1 })
          .skip(limit - 1)
          .limit(1)
          .toArray();
  return start
    ? { place: start.seq, prompt: [] }
    : { place: state.first, prompt: promptBefore(state, 0, limit) };
}
