import type { Filter, UpdateFilter } from 'mongodb';
import type { ChangedName } from '../../../domain/change.js';
import type { Expected } from '../../conversation-store.js';
import type { ChangedMeanwhile } from '../../conversation-results.js';
import { storeContended } from '../../store-errors.js';
import { limitOutbox } from '../changes/numbering.js';
import type { Collections } from '../database/collections.js';
import { recordedNames, type RecordedChange } from '../documents/change-documents.js';
import { revisionOf, type ConversationDocument } from '../documents/conversation-documents.js';
import { activeIn } from './active-generations.js';
import { stateOf, toSummary, type ConversationState } from './conversation-state.js';
import { findWhole } from './pending.js';

/** More than the number of concurrent changes of one conversation. */
const MAX_TRIES = 50;

/** What a change starts from. */
export interface Found {
  state: ConversationState;
  /** Public id of the generation that runs in it. */
  activeGenerationId: string | null;
}

/** As `changingAny`, of a conversation that has an expected revision. */
export function changing<R>(
  collections: Collections,
  { _id, expected }: { _id: string; expected: Expected },
  change: (found: Found) => Promise<R | 'again'>,
): Promise<R | { outcome: 'not_found' } | ChangedMeanwhile> {
  return changingAny<R | ChangedMeanwhile>(collections, _id, (found) => {
    const { state, activeGenerationId } = found;
    if (!expected || expected.includes(revisionOf(state.document))) return change(found);
    const conversation = toSummary(state, activeGenerationId);
    return Promise.resolve({ outcome: 'changed_meanwhile', conversation });
  });
}

/**
 * Reads a conversation and has it changed, again and again until nothing came in between. A change
 * is one write with the filter `unchanged`: it has no effect on another state than the one it was
 * made from.
 *
 * @param change - returns `'again'` when its write matched nothing
 */
export async function changingAny<R>(
  collections: Collections,
  _id: string,
  change: (found: Found) => Promise<R | 'again'>,
): Promise<R | { outcome: 'not_found' }> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const found = await find(collections, _id);
    if (!found) return { outcome: 'not_found' };
    const changed = await change(found);
    if (changed !== 'again') return changed;
  }
  throw storeContended();
}

async function find(collections: Collections, _id: string): Promise<Found | null> {
  const [document, active] = await Promise.all([
    findWhole(collections, _id),
    activeIn(collections, [_id]),
  ]);
  if (!document || document.deletedAt !== null) return null;
  await limitOutbox(collections, document);
  return {
    state: await stateOf(collections, document),
    activeGenerationId: active.get(_id) ?? null,
  };
}

/** Matches a conversation in the state in which it was read. */
export function unchanged({
  _id,
  turns,
  changes,
}: ConversationDocument): Filter<ConversationDocument> {
  return { _id, deletedAt: null, turns, changes: changes ?? null };
}

/** What a change sets. */
export type Fields = Partial<ConversationDocument>;

/** The update of a change that is no commit, with what it changes by the names of the API. */
export function withRevision(
  set: Fields,
  changed: readonly ChangedName[],
  time = Date.now(),
): UpdateFilter<ConversationDocument> {
  return {
    ...(Object.keys(set).length > 0 && { $set: set }),
    $inc: { changes: 1 },
    ...withRecords([recordedNames(changed, time)]),
  };
}

/** The part of an update that records what it changes. */
export function withRecords(records: RecordedChange[]) {
  return { $push: { outbox: { $each: records } } };
}

/** A tree, and what it counts on: a release without branches may not have stored it. */
export function withTree({ opening }: ConversationState, tree: Fields['tree']): Fields {
  return { tree: tree ?? null, opening };
}
