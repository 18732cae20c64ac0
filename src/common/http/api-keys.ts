import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../../config/settings.js';

/** The configured API keys. */
export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  /** Whether a request needs one. */
  get required(): boolean {
    return this.keys.length > 0;
  }

  /** The key's owner; undefined for an unknown key. Compares with every key in constant time. */
  ownerOf(key: string): string | undefined {
    const digest = createHash('sha256').update(key).digest();
    let owner: string | undefined;
    for (const candidate of this.keys) {
      if (timingSafeEqual(candidate.digest, digest)) owner = candidate.owner;
    }
    return owner;
  }
}

/**
 * The different keys that a request holds, in all its `Authorization` and `X-Api-Key` headers: one
 * extractor, so that no check can be passed by choosing another header. Node itself keeps only the
 * first `Authorization` of several.
 */
export function presentedKeys(rawHeaders: readonly string[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const key = keyIn(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
    if (key) keys.add(key);
  }
  return keys;
}

/** The length alone rules out most headers. */
function keyIn(header: string, value: string): string | undefined {
  if (header.length === 9 && header.toLowerCase() === 'x-api-key') return value.trim();
  if (header.length !== 13 || header.toLowerCase() !== 'authorization') return undefined;
  return /^Bearer +(\S+) *$/i.exec(value)?.[1];
}
