import type { Filter, WithId } from 'mongodb';
import { AppError } from '../../../common/errors/app-error.js';
import type { ClaimResult, NewGeneration } from '../../../domain/generation.js';
import type { Collections } from '../database/collections.js';
import { isDuplicate } from '../database/insert-if-absent.js';
import { owned } from '../documents/conversation-documents.js';
import { toGenerationDocument, type GenerationDocument } from '../documents/generation-document.js';

/** A claim, or what stands in its way; a taken idempotency key comes with its generation. */
export type DocumentClaim =
  | Exclude<ClaimResult, { outcome: 'idempotent' }>
  | { outcome: 'idempotent'; document: GenerationDocument };

/** More tries than there are rivals that let go again in between. */
const MAX_TRIES = 50;

/**
 * Takes conversation, public id, idempotency key and a slot by one insert, whose unique fields they
 * are. An insert that failed met somebody: since a duplicate error does not name its index on every
 * server, a look tells whom. If they have gone by then, it is tried again.
 */
export async function claim(
  collections: Collections,
  generation: NewGeneration,
): Promise<DocumentClaim> {
  let [slot = null] = generation.slots;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    if (await insert(collections, generation, slot)) return { outcome: 'claimed' };
    const holders = await holdersOf(collections, generation);
    const obstacle = obstacleTo(generation, holders);
    if (obstacle) return obstacle;
    if (slot === null) continue;
    const taken = new Set(holders.map(({ slotLock }) => slotLock));
    const free = generation.slots.find((candidate) => !taken.has(candidate));
    if (free === undefined) return { outcome: 'slots_taken' };
    slot = free;
  }
  throw new AppError('store_unavailable', 'Too many requests for the same; try again');
}

async function insert(
  { generations }: Collections,
  generation: NewGeneration,
  slot: string | null,
): Promise<boolean> {
  try {
    await generations.insertOne(toGenerationDocument(generation, slot));
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

function holdersOf({ generations }: Collections, generation: NewGeneration) {
  const { idLock, conversationLock, idempotencyLock } = toGenerationDocument(generation, null);
  const held: Filter<GenerationDocument>[] = [
    { _id: generation.key },
    { idLock },
    { conversationLock },
    { idempotencyLock },
    { slotLock: { $in: generation.slots } },
  ];
  return generations.find({ $or: held }).toArray();
}

/** What is taken, in the order in which it is to be told. */
function obstacleTo(
  generation: NewGeneration,
  holders: WithId<GenerationDocument>[],
): DocumentClaim | null {
  const { key, ownerId, id, conversationId, idempotency } = generation;
  if (idempotency) {
    const lock = owned(ownerId, idempotency.key);
    const first = holders.find(({ idempotencyLock }) => idempotencyLock === lock);
    if (first) return { outcome: 'idempotent', document: first };
  }
  const idLock = owned(ownerId, id);
  if (holders.some((holder) => holder.idLock === idLock || holder._id === key))
    return { outcome: 'generation_exists' };
  const lock = owned(ownerId, conversationId);
  const active = holders.find(({ conversationLock }) => conversationLock === lock);
  return active ? { outcome: 'conversation_busy', activeGenerationId: active.id } : null;
}
