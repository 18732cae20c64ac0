import type { Filter } from 'mongodb';
import { completeRemovals } from '../conversations/message-removal.js';
import { completeAllPending } from '../conversations/pending.js';
import { purge } from '../conversations/purge.js';
import { forgetCounted } from '../usage/count-spent.js';
import type { Collections } from '../database/collections.js';
import type { GenerationDocument } from '../documents/generation-document.js';
import { endReaped } from './lost-generations.js';

/** Generations at a time: a long sweep must not keep writers waiting. */
const CHUNK = 500;

/** What generations have as `swept` whose log is there. */
const WITH_LOG = [false, 'kept'] as const;

/** Those whose row stays as long as their answer, also where an earlier release has ended them. */
const STAYING = { isKept: true, turnState: 'kept', conversationDeleted: false } as const;

/** Removes expired data, and completes unfinished work of dead processes. */
export async function sweep(
  collections: Collections,
  { logsBefore, rowsBefore }: { logsBefore: number; rowsBefore: number },
): Promise<void> {
  await completeEnds(collections, logsBefore);
  const before = Math.max(logsBefore, rowsBefore);
  await inChunks(
    collections,
    { swept: { $in: [...WITH_LOG] }, finishedAt: { $lt: before } },
    removeLogs,
  );
  await inChunks(collections, { swept: true, finishedAt: { $lt: rowsBefore } }, removeRows);
  await forgetCounted(collections, rowsBefore);
  await completeAllPending(collections);
  await completeRemovals(collections);
  await removeTombstones(collections, { draftsBefore: logsBefore, before: rowsBefore });
}

/**
 * Ends that a reaper decided for a worker that is in fact alive, and did not complete because it
 * died.
 */
async function completeEnds(collections: Collections, before: number): Promise<void> {
  const open = await collections.generations
    .find({ runningOn: { $gt: '' }, closedAt: { $lt: before } })
    .toArray();
  for (const generation of open) await endReaped(collections, generation);
}

type Step = (collections: Collections, keys: string[]) => Promise<void>;

async function inChunks(
  collections: Collections,
  filter: Filter<GenerationDocument>,
  step: Step,
): Promise<void> {
  for (;;) {
    const found = await collections.generations
      .find(filter)
      .sort({ finishedAt: 1 })
      .limit(CHUNK)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    if (found.length > 0)
      await step(
        collections,
        found.map(({ _id }) => _id),
      );
    if (found.length < CHUNK) return;
  }
}

/**
 * With the log the text of the answer is removed: of a stateless one, if the conversation was deleted, and
 * of one that is kept, if its message has the text.
 */
async function removeLogs({ generations, logs }: Collections, keys: string[]): Promise<void> {
  await logs.deleteMany({ generation: { $in: keys } });
  const texts = { 'end.response': '', 'end.parts': null };
  const ofDeleted = { _id: { $in: keys }, conversationDeleted: true };
  await generations.updateMany(ofDeleted, { $set: { ...texts, echo: null } });
  await generations.updateMany({ _id: { $in: keys }, stateless: true }, { $set: texts });
  await generations.updateMany(
    { _id: { $in: keys }, ...STAYING, 'end.extent': { $ne: 'record' } },
    { $set: texts },
  );
  await generations.updateMany({ _id: { $in: keys }, ...STAYING }, { $set: { swept: 'bare' } });
  await generations.updateMany(
    { _id: { $in: keys }, swept: { $in: [...WITH_LOG] } },
    { $set: { swept: true } },
  );
}

async function removeRows({ generations, logs }: Collections, keys: string[]): Promise<void> {
  // An earlier release has removed its log.
  await generations.updateMany({ _id: { $in: keys }, ...STAYING }, { $set: { swept: 'bare' } });
  await logs.deleteMany({ generation: { $in: keys } });
  await generations.deleteMany({ _id: { $in: keys }, swept: true });
}

/** Completes unfinished deletions; removes old tombstones, and documents of late writers. */
async function removeTombstones(
  collections: Collections,
  { draftsBefore, before }: { draftsBefore: number; before: number },
): Promise<void> {
  const { conversations } = collections;
  const tombstones = await conversations
    .find({ deletedAt: { $gt: 0 }, $or: [{ purged: false }, { deletedAt: { $lt: before } }] })
    .toArray();
  for (const { _id, deletedAt, draft = null, outbox = [], isChat } of tombstones) {
    if (deletedAt === null) continue;
    if (draft !== null && !(await isGivenUp(collections, { _id, deletedAt, draft }, draftsBefore)))
      continue;
    await purge(collections, _id);
    // Nothing is added to those of a tombstone: they only have still to get their numbers.
    if (deletedAt >= before || outbox.length > 0) continue;
    if (isChat)
      await conversations.updateOne(
        { _id, deletedAt, isChat },
        { $set: { deletedAt: -deletedAt } },
      );
    else await conversations.deleteOne({ _id, deletedAt });
  }
}

/** Whether a fork was left half written; if it was not, it cannot be seen any more after this. */
async function isGivenUp(
  { conversations }: Collections,
  { _id, deletedAt, draft }: { _id: string; deletedAt: number; draft: string },
  before: number,
): Promise<boolean> {
  if (deletedAt >= before) return false;
  const { matchedCount } = await conversations.updateOne({ _id, draft }, { $set: { draft: null } });
  return matchedCount === 1;
}
