import type { Filter } from 'mongodb';
import type { GenerationEnd } from '../../../domain/generation.js';
import { commitsTurn, holdsIds } from '../../rules/end.js';
import { purge, putStagedTombstone } from '../conversations/purge.js';
import { countSpent } from '../usage/count-spent.js';
import type { Collections } from '../database/collections.js';
import {
  toDecidedEnd,
  toEnd,
  turnOf,
  type GenerationDocument,
  type TurnPlace,
} from '../documents/generation-document.js';
import { placeOf } from './turn-place.js';
import { fillAnswer, recordEnd, writeTurn } from './turn-writer.js';

export type Outcome = 'ended' | 'deleted' | 'lost';

/**
 * Decides how a generation ended, with one write that only one of several processes can make. From
 * here on any process can complete the end: see {@link complete}.
 *
 * @returns the generation with its end; null if it was changed, or does not match `fence`
 */
export async function decide(
  collections: Collections,
  generation: GenerationDocument,
  end: GenerationEnd,
  fence: Filter<GenerationDocument>,
): Promise<GenerationDocument | null> {
  const { _id, stateless, turnState, conversationDeleted } = generation;
  const commits = isCommitted(generation, end);
  const place =
    generation.place ??
    (commits && !stateless
      ? await placeOf(collections, generation, end.finishedAt, end.parentId)
      : null);
  return collections.generations.findOneAndUpdate(
    { ...fence, _id, turnState, conversationDeleted },
    {
      $set: {
        end: toDecidedEnd(end),
        closedAt: end.finishedAt,
        ...turnAtEnd(generation, commits, place),
      },
    },
    { returnDocument: 'after' },
  );
}

/**
 * Replaces a decided end that could not be completed. Its messages may be there already, with what
 * was decided then: they are filled again.
 */
export function decideAgain(
  { generations }: Collections,
  { _id, turnState, conversationDeleted }: GenerationDocument,
  end: GenerationEnd,
  fence: Filter<GenerationDocument>,
): Promise<GenerationDocument | null> {
  const again = turnState === 'ending' ? ('keeping' as const) : turnState;
  return generations.findOneAndUpdate(
    { ...fence, _id, turnState, conversationDeleted },
    { $set: { end: toDecidedEnd(end), turnState: again } },
    { returnDocument: 'after' },
  );
}

/** Decides an end of the generation's record alone: see `EndExtent`. */
export async function decideRecord(
  collections: Collections,
  generation: GenerationDocument,
  end: GenerationEnd,
  fence: Filter<GenerationDocument>,
): Promise<GenerationDocument | null> {
  const { _id, turnState, conversationDeleted } = generation;
  const turn = (await isShown(collections, generation))
    ? { turnState: 'kept' as const }
    : { turnState: 'staged' as const, place: null };
  return collections.generations.findOneAndUpdate(
    { ...fence, _id, turnState, conversationDeleted },
    {
      $set: { end: { ...toDecidedEnd(end), extent: 'record' }, closedAt: end.finishedAt, ...turn },
    },
    { returnDocument: 'after' },
  );
}

/** Whether a turn's messages are part of its conversation. */
async function isShown(
  { conversations }: Collections,
  { turnState, place, conversation: _id }: GenerationDocument,
): Promise<boolean> {
  if (turnState === 'kept' || !place) return turnState === 'kept';
  const found = await conversations.findOne({ _id }, { projection: { turns: 1 } });
  return found !== null && found.turns > place.turns;
}

/** Whether a turn is in the history after its end. */
function isCommitted(generation: GenerationDocument, end: GenerationEnd): boolean {
  const { turnState, stateless = false, conversationDeleted } = generation;
  if (turnState !== 'staged') return true;
  const { messages } = turnOf(generation);
  return !conversationDeleted && commitsTurn({ stateless, messages }, end);
}

function turnAtEnd(
  { turnState, stateless }: GenerationDocument,
  commits: boolean,
  place: TurnPlace | null,
) {
  if (turnState !== 'staged' || !commits) return {};
  if (stateless) return { turnState: 'kept' as const };
  return place ? { turnState: 'ending' as const, place } : { conversationDeleted: true };
}

/**
 * Completes a decided end: the answer in its message, the turn itself if it was not committed yet,
 * or the removal of the texts of a deleted conversation, and what it spent in the usage; then it releases all locks with a write
 * that only one of several processes can make. A crash before that leaves the generation running on
 * its worker, for its own repeat or for the reaper.
 *
 * @returns `lost` when another call completed it
 */
export async function complete(
  collections: Collections,
  generation: GenerationDocument,
): Promise<Outcome> {
  const { conversationDeleted: wasDeleted } = generation;
  const deleted = wasDeleted || !(await writeAnswer(collections, generation));
  if (deleted) await removeTurn(collections, generation);
  await countSpent(collections, generation);
  const released = await release(collections, generation, deleted);
  if (released) return deleted ? 'deleted' : 'ended';
  const now = await collections.generations.findOne({ _id: generation._id });
  // A deletion came in between; it marks a generation once.
  return now && now.runningOn !== null && now.conversationDeleted !== wasDeleted
    ? complete(collections, now)
    : 'lost';
}

/** False if the conversation was deleted. */
async function writeAnswer(
  collections: Collections,
  generation: GenerationDocument,
): Promise<boolean> {
  const { place, turnState, end } = generation;
  if (!place || turnState === 'staged') return true;
  if (end?.extent === 'record') {
    await recordEnd(collections, generation, place);
    return true;
  }
  if (turnState !== 'kept' && !(await writeTurn(collections, generation, place))) return false;
  // The messages of a turn that is committed by its end have the end in them from the first.
  return turnState === 'ending' || fillAnswer(collections, generation, place);
}

async function removeTurn(collections: Collections, generation: GenerationDocument): Promise<void> {
  // The process of the deletion may have died after the stop request and before it wrote the
  // tombstone.
  if (generation.conversationDeleted) await putStagedTombstone(collections, generation);
  await purge(collections, generation.conversation);
}

async function release(
  { generations }: Collections,
  { _id, isKept, end, turnState, conversationDeleted }: GenerationDocument,
  deleted: boolean,
): Promise<boolean> {
  const committed = turnState === 'kept' || (turnState !== 'staged' && !deleted);
  const releasesIds = end !== null && !holdsIds(toEnd(end), turnState !== 'staged');
  const { matchedCount } = await generations.updateOne(
    { _id, runningOn: { $ne: null }, conversationDeleted },
    {
      $set: {
        runningOn: null,
        finishedAt: end?.finishedAt ?? null,
        conversationDeleted: deleted,
        turnState: committed ? 'kept' : 'staged',
        ...(isKept && committed && !deleted && { swept: 'kept' as const }),
        turn: null,
        place: null,
        watchers: [],
        conversationLock: _id,
        slotLock: _id,
        ...(releasesIds ? { idLock: _id, idempotencyLock: _id } : {}),
      },
    },
  );
  return matchedCount === 1;
}
