import { setTimeout as delay } from 'node:timers/promises';
import type { NewGeneration } from '../../../domain/generation.js';
import type { TakenTokens, TokenQuotas, UsageSubject } from '../../../domain/token-usage.js';
import { dayOf } from '../../../domain/utc-days.js';
import { isBelow, reserved } from '../../rules/usage.js';
import { storeContended } from '../../store-errors.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { gateId, type QuotaGateDocument } from '../documents/usage-documents.js';
import { readTaken, type Reservation } from './taken.js';

/** More than the number of processes that change a gate at the same time. */
const MAX_TRIES = 100;
const LONGEST_PAUSE_MS = 10;
/** After this time a claim whose process died in it counts no more. */
const ENTERING_MS = 60_000;

/** Whether the claim may be made, and what counted against its quotas. */
export interface Entry {
  entered: boolean;
  taken: TakenTokens;
}

/**
 * Lets a claim in while what counts against its quotas is below: from then on it counts itself. Without
 * transactions that is one write that succeeds only if nobody else was let in since it was decided.
 */
export async function enter(
  collections: Collections,
  generation: NewGeneration,
  quotas: TokenQuotas,
): Promise<Entry> {
  const { createdAt } = generation;
  const subject = subjectOf(generation);
  let refused = false;
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const { _id, version, entering } = await gateOf(collections, subject);
    const now = Date.now();
    const others = entering.filter((entry) => now - parsed(entry).at < ENTERING_MS);
    const taken = await readTaken(collections, subject, dayOf(createdAt), others.map(parsed));
    if (isBelow(quotas, taken)) {
      const entered = [...others, entryOf(generation, now)];
      const { matchedCount } = await collections.quotaGates.updateOne(
        { _id, version },
        { $set: { entering: entered }, $inc: { version: 1 } },
      );
      if (matchedCount === 1) return { entered: true, taken };
    } else if (refused) return { entered: false, taken };
    // One that ended while it was read was seen twice: it is read again before it refuses anything.
    else refused = true;
    await delay(Math.random() * LONGEST_PAUSE_MS);
  }
  throw storeContended();
}

/**
 * The claim was made or refused: what it takes is that of its generation.
 *
 * @returns false if the claim took so long that it did not count all the time
 */
export async function leave(
  { quotaGates }: Collections,
  generation: NewGeneration,
): Promise<boolean> {
  const _id = gateId(subjectOf(generation));
  const gate = await quotaGates.findOne({ _id });
  const mine = (gate?.entering ?? []).filter((entry) => parsed(entry).key === generation.key);
  let left = false;
  for (const entry of mine) {
    const { matchedCount } = await quotaGates.updateOne(
      { _id, entering: entry },
      { $pull: { entering: entry }, $inc: { version: 1 } },
    );
    left ||= matchedCount === 1;
  }
  return left;
}

async function gateOf(
  { quotaGates }: Collections,
  subject: UsageSubject,
): Promise<QuotaGateDocument> {
  const _id = gateId(subject);
  const known = await quotaGates.findOne({ _id });
  if (known) return known;
  const made = { _id, ownerId: subject.ownerId, version: 0, entering: [] };
  await insertIfAbsent(quotaGates, [made]);
  return (await quotaGates.findOne({ _id })) ?? made;
}

function subjectOf({ ownerId, tokens }: NewGeneration): UsageSubject {
  return { ownerId, keyName: tokens.keyName };
}

/** A text, since every server can take a text out of a list. */
function entryOf({ key, tokens }: NewGeneration, at: number): string {
  return [key, reserved(tokens), at].join(' ');
}

function parsed(entry: string): Reservation & { at: number } {
  const [key = '', tokens = '0', at = '0'] = entry.split(' ');
  return { key, tokens: Number(tokens), at: Number(at) };
}
