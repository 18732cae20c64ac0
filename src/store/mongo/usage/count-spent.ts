import type { UsageItem } from '../../../domain/token-usage.js';
import { dayAfter, dayOf } from '../../../domain/utc-days.js';
import { usageItem } from '../../rules/usage.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { mongoError } from '../database/mongo-errors.js';
import { toEnd, type GenerationDocument } from '../documents/generation-document.js';
import { keyNameOf, usageId, type UsageDocument } from '../documents/usage-documents.js';

/**
 * Adds what a generation spent to the usage of its key, once, however many processes complete its end: the
 * document has the keys of those that are in it. Call it before the end can be read.
 */
export async function countSpent(
  { usage }: Collections,
  generation: GenerationDocument,
): Promise<void> {
  const { _id: key, ownerId, model } = generation;
  const end = generation.end && toEnd(generation.end);
  if (!end?.spent) return;
  const item = usageItem({ ownerId, keyName: keyNameOf(generation), model }, end, end.spent);
  const _id = usageId(item, key.slice(0, 1));
  const add = async (): Promise<boolean> => {
    const { matchedCount } = await usage.updateOne(
      { _id, counted: { $ne: key } },
      { $inc: countsOf(item), $push: { counted: key } },
    );
    return matchedCount === 1;
  };
  try {
    if (await add()) return;
    await insertIfAbsent(usage, [{ ...emptied(item), _id, counted: [] }]);
    await add();
  } catch (error) {
    // The locks of a generation are released even if the store refuses all but its record.
    if (generation.end?.extent !== 'record' || mongoError(error).reason === 'store_unavailable')
      throw error;
  }
}

function countsOf({ day: _d, ownerId: _o, keyName: _k, model: _m, ...counts }: UsageItem) {
  return counts;
}

function emptied(item: UsageItem): Omit<UsageDocument, '_id' | 'counted'> {
  return {
    ...item,
    generations: 0,
    completed: 0,
    cancelled: 0,
    failed: 0,
    promptTokens: 0,
    completionTokens: 0,
    estimatedTokens: 0,
  };
}

/** Days before that one of whose generations some may still be there. */
const MARGIN_DAYS = 1;
/** Days before them that a sweep looks at; a service that was down for longer leaves the keys. */
const SWEPT_DAYS = 30;

/** Removes keys of generations that nothing can count again. */
export async function forgetCounted({ usage }: Collections, rowsBefore: number): Promise<void> {
  const before = dayAfter(dayOf(rowsBefore), -MARGIN_DAYS);
  await usage.updateMany(
    { day: { $lt: before, $gte: dayAfter(before, -SWEPT_DAYS) }, counted: { $ne: [] } },
    { $set: { counted: [] } },
  );
}
