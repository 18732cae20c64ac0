import type { UsageItem, UsageSubject } from '../../../domain/token-usage.js';
import type { GenerationDocument } from './generation-document.js';

/**
 * What the answers of one model took for one key on a day: the sum over its shards, so that no document has
 * the keys of too many answers.
 */
export interface UsageDocument extends UsageItem {
  _id: string;
  /** Keys of the generations in it, for as long as any process may add one of them again. */
  counted: string[];
}

/** Where claims of a key with quotas pass one after the other. */
export interface QuotaGateDocument {
  _id: string;
  ownerId: string;
  /** Rises with every change. */
  version: number;
  /** Claims that may take tokens and whose generation may not be there yet, as `entryOf` writes them. */
  entering: string[];
}

/** @param shard empty: of usage that comes from another store */
export function usageId({ day, ownerId, keyName, model }: UsageItem, shard: string): string {
  return [day, ownerId, keyName, model, shard].join('\u0000');
}

export function gateId({ ownerId, keyName }: UsageSubject): string {
  return [ownerId, keyName].join('\u0000');
}

/** A generation of an earlier release counts for its owner. */
export function keyNameOf({ tokens, ownerId }: GenerationDocument): string {
  return tokens?.keyName ?? ownerId;
}

export function toUsageItem({ _id, counted: _counted, ...item }: UsageDocument): UsageItem {
  return item;
}
