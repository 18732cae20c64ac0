import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb';

const DUPLICATE_KEY = 11_000;

/** Whether a unique value of a write was taken; which one the error does not say on every server. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/**
 * Inserts documents whose ids are fixed beforehand and does not change existing ones: a repeated
 * write has no effect.
 *
 * @returns the positions in `documents` of those that existed already
 */
export async function insertIfAbsent<T extends Document>(
  collection: Collection<T>,
  documents: OptionalUnlessRequiredId<T>[],
): Promise<number[]> {
  if (documents.length === 0) return [];
  try {
    await collection.insertMany(documents, { ordered: false });
    return [];
  } catch (error) {
    const present = duplicatesOf(error);
    if (present) return present;
    throw error;
  }
}

/**
 * Null when anything else went wrong as well, the writes are not yet safe, or no answer came: that
 * is an error of the same class, with no code.
 */
function duplicatesOf(error: unknown): number[] | null {
  if (!(error instanceof MongoBulkWriteError) || !isDuplicate(error)) return null;
  if (error.result.getWriteConcernError()) return null;
  const faults = [error.writeErrors].flat();
  return faults.every(({ code }) => code === DUPLICATE_KEY)
    ? faults.map(({ index }) => index)
    : null;
}
