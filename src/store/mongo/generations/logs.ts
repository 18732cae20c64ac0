import type { LogBatch } from '../../../domain/generation.js';
import type { LogCursor } from '../../../domain/log-update.js';
import type { Piece } from '../../../domain/parts.js';
import { longestRuns } from '../../rules/log.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import {
  closingDocument,
  logKey,
  toBatches,
  toLogDocument,
  type LogDocument,
} from '../documents/log-document.js';

/**
 * Stores batches in two round trips, regardless of their number; the keys whose generation does not
 * run under this worker. A batch has its place by its first number, so that a repeated one is
 * written once. Between the check and the write, another worker may reap the generation of a
 * suspended worker: its log is then closed by a document in the place of the next batch.
 */
export async function appendLogs(
  { generations, logs }: Collections,
  workerId: string,
  batches: readonly LogBatch[],
): Promise<string[]> {
  const keys = [...new Set(batches.map(({ key }) => key))];
  const running = await generations
    .find({ _id: { $in: keys }, runningOn: workerId, closedAt: null })
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const own = new Set(running.map(({ _id }) => _id));
  const closed = await insertBatches(
    logs,
    batches.filter(({ key, tokens }) => own.has(key) && tokens.length > 0),
  );
  return keys.filter((key) => !own.has(key) || closed.has(key));
}

type Logs = Collections['logs'];

/** The keys whose log was closed. */
async function insertBatches(logs: Logs, batches: readonly LogBatch[]): Promise<Set<string>> {
  const wanted = longestRuns(batches);
  const present = await insertIfAbsent(logs, wanted.map(toLogDocument));
  if (present.length === 0) return new Set();
  const ids = present.flatMap((index) => {
    const batch = wanted[index];
    return batch ? [logKey(batch.key, batch.firstSeq)] : [];
  });
  const found = await logs.find({ _id: { $in: ids } }).toArray();
  const closed = found.filter((document) => document.closed).map(({ generation }) => generation);
  const rest = found.flatMap((document) => remainder(wanted, document));
  const later = rest.length > 0 ? await insertBatches(logs, rest) : [];
  return new Set([...closed, ...later]);
}

/** The events of a batch after those of a shorter one in the same place. */
function remainder(wanted: readonly LogBatch[], document: LogDocument): LogBatch[] {
  if (document.closed) return [];
  return wanted
    .filter(({ key, firstSeq }) => logKey(key, firstSeq) === document._id)
    .map(({ key, firstSeq, tokens }) => ({
      key,
      firstSeq: document.lastSeq + 1,
      tokens: tokens.slice(document.lastSeq + 1 - firstSeq),
    }))
    .filter(({ tokens }) => tokens.length > 0);
}

/** The last events of a generation that is about to be closed by its own worker. */
export async function appendTail({ logs }: Collections, tail: LogBatch | null): Promise<void> {
  if (tail && tail.tokens.length > 0) await insertBatches(logs, [tail]);
}

/**
 * Reads a log to its end and closes it. A concurrent batch is stored before that or not at all,
 * since it and the closing document need the same place.
 */
export async function closeLog({ logs }: Collections, key: string): Promise<LogBatch[]> {
  for (;;) {
    const documents = await logs.find({ generation: key }).toArray();
    if (documents.some(({ closed }) => closed)) return toBatches(documents, 0);
    const last = Math.max(0, ...documents.map(({ lastSeq }) => lastSeq));
    const taken = await insertIfAbsent(logs, [closingDocument(key, last)]);
    if (taken.length === 0) return toBatches(documents, 0);
  }
}

export async function readLog(
  { logs }: Collections,
  key: string,
  after: number,
): Promise<LogBatch[]> {
  const found = await logs.find({ generation: key, lastSeq: { $gt: after } }).toArray();
  return toBatches(found, after);
}

/** The tokens above each cursor, by generation, in one round trip. */
export async function readLogs(
  { logs }: Collections,
  cursors: readonly LogCursor[],
): Promise<Map<string, Piece[]>> {
  const wanted = cursors.map(({ key, after }) => ({ generation: key, lastSeq: { $gt: after } }));
  const found = wanted.length > 0 ? await logs.find({ $or: wanted }).toArray() : [];
  const byKey = new Map<string, LogDocument[]>();
  for (const document of found)
    byKey.set(document.generation, [...(byKey.get(document.generation) ?? []), document]);
  return new Map(
    cursors.map(({ key, after }) => [
      key,
      toBatches(byKey.get(key) ?? [], after).flatMap(({ tokens }) => tokens),
    ]),
  );
}
