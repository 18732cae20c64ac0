import type { TakenTokens, UsageSubject, UtcDay } from '../../../domain/token-usage.js';
import { monthOf } from '../../../domain/utc-days.js';
import { reserved } from '../../rules/usage.js';
import type { Collections } from '../database/collections.js';
import type { GenerationDocument } from '../documents/generation-document.js';

/** What a generation may take. */
export interface Reservation {
  key: string;
  tokens: number;
}

/**
 * What counts against the quotas of a key. A claim becomes a running generation, and that is counted before it
 * ends: read in this order, one that changes meanwhile is seen twice at worst, and never missed.
 *
 * @param entering claims that were read before
 */
export async function readTaken(
  collections: Collections,
  subject: UsageSubject,
  day: UtcDay,
  entering: readonly Reservation[] = [],
): Promise<TakenTokens> {
  const running = await readRunning(collections, subject);
  const there = new Set(running.map(({ key }) => key));
  const all = [...running, ...entering.filter(({ key }) => !there.has(key))];
  const spent = await readSpent(collections, subject, day);
  return { ...spent, running: all.reduce((sum, { tokens }) => sum + tokens, 0) };
}

async function readRunning(
  { generations }: Collections,
  { ownerId, keyName }: UsageSubject,
): Promise<Reservation[]> {
  const found = await generations
    .find({ runningOn: { $gt: '' }, ownerId, 'tokens.keyName': keyName })
    .project<Pick<GenerationDocument, '_id' | 'tokens'>>({ tokens: 1 })
    .toArray();
  return found.map(({ _id: key, tokens }) => ({ key, tokens: tokens ? reserved(tokens) : 0 }));
}

async function readSpent(
  { usage }: Collections,
  { ownerId, keyName }: UsageSubject,
  day: UtcDay,
): Promise<Omit<TakenTokens, 'running'>> {
  const found = await usage
    .find({ ownerId, keyName, day: { $gte: monthOf(day), $lte: day } })
    .project<{ day: UtcDay; promptTokens: number; completionTokens: number }>({
      day: 1,
      promptTokens: 1,
      completionTokens: 1,
    })
    .toArray();
  const sum = (items: typeof found): number =>
    items.reduce((total, item) => total + item.promptTokens + item.completionTokens, 0);
  return { day: sum(found.filter((item) => item.day === day)), month: sum(found) };
}
