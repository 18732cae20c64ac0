import type { Filter, WithId } from 'mongodb';
import type { ClaimResult, NewGeneration } from '../../../domain/generation.js';
import { MAX_CLAIM_TRIES, obstacleTo, slotFor } from '../../rules/claim.js';
import { storeContended } from '../../store-errors.js';
import type { Collections } from '../database/collections.js';
import { isDuplicate } from '../database/insert-if-absent.js';
import { owned } from '../documents/conversation-documents.js';
import { toGenerationDocument, type GenerationDocument } from '../documents/generation-document.js';

/** A claim, or the lock that is taken; a taken idempotency key comes with its generation. */
export type DocumentClaim =
  | Exclude<ClaimResult, { outcome: 'idempotent' }>
  | { outcome: 'idempotent'; document: GenerationDocument };

/**
 * Takes conversation, public id, idempotency key and a slot by one insert, whose unique fields they
 * are. A duplicate error does not name its index on every server, so a query finds the taken lock.
 * If it was released meanwhile, the insert is retried.
 */
export async function claim(
  collections: Collections,
  generation: NewGeneration,
): Promise<DocumentClaim> {
  let [slot = null] = generation.slots;
  for (let attempt = 1; attempt <= MAX_CLAIM_TRIES; attempt += 1) {
    if (await insert(collections, generation, slot)) return { outcome: 'claimed' };
    const found = await whatIsTaken(collections, generation);
    if ('outcome' in found) return found;
    slot = found.slot;
  }
  throw storeContended();
}

/** The lock of a claim that is taken, or else the slot that it can have. */
export async function whatIsTaken(
  collections: Collections,
  generation: NewGeneration,
): Promise<DocumentClaim | { slot: string | null }> {
  const holders = await holdersOf(collections, generation);
  const refusal = refusalOf(generation, holders);
  if (refusal) return refusal;
  const taken = new Set(holders.map(({ slotLock }) => slotLock));
  const found = slotFor(generation.slots, (candidate) => taken.has(candidate));
  return found === 'slots_taken' ? { outcome: found } : found;
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

function refusalOf(
  { key, ownerId, id, conversationId, idempotency }: NewGeneration,
  holders: WithId<GenerationDocument>[],
): DocumentClaim | null {
  const holderOf = (lock: 'idempotencyLock' | 'idLock' | 'conversationLock', value: string) =>
    holders.find((holder) => holder[lock] === owned(ownerId, value));
  const obstacle = obstacleTo({
    idempotencyKey: idempotency && holderOf('idempotencyLock', idempotency.key),
    publicId: holderOf('idLock', id) ?? holders.find(({ _id }) => _id === key),
    conversation: holderOf('conversationLock', conversationId),
  });
  switch (obstacle?.outcome) {
    case undefined:
      return null;
    case 'idempotent':
      return { outcome: 'idempotent', document: obstacle.holder };
    case 'generation_exists':
      return { outcome: 'generation_exists' };
    case 'conversation_busy':
      return { outcome: 'conversation_busy', activeGenerationId: obstacle.holder.id };
  }
}
