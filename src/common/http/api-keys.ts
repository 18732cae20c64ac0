import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiKey } from '../../config/settings.js';
import { AppError } from '../errors/app-error.js';

/** The keys there are, and the one place that reads them from a request. */
export class ApiKeys {
  constructor(private readonly keys: readonly ApiKey[]) {}

  /** Whether a request needs one. */
  get required(): boolean {
    return this.keys.length > 0;
  }

  /**
   * The owner of the request's key. Throws `AppError('unauthorized')` without a key, with an unknown
   * one, and where the two headers disagree.
   */
  ownerOf(headers: IncomingHttpHeaders): string {
    const key = presentedKey(headers);
    if (key === undefined) {
      throw new AppError(
        'unauthorized',
        'Send an API key, as Authorization: Bearer <key> or X-Api-Key: <key>',
      );
    }
    const owner = this.find(key);
    if (owner === undefined) throw new AppError('unauthorized', 'Unknown API key');
    return owner;
  }

  /** Compares with every key, in a time that tells nothing about which or how much matched. */
  private find(key: string): string | undefined {
    const digest = createHash('sha256').update(key).digest();
    let owner: string | undefined;
    for (const candidate of this.keys) {
      if (timingSafeEqual(candidate.digest, digest)) owner = candidate.owner;
    }
    return owner;
  }
}

/** One extractor for both headers, so that no check can be passed by choosing the other. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const plain = headers['x-api-key'];
  const single = Array.isArray(plain) ? plain.join(', ') : plain?.trim();
  if (bearer !== undefined && single !== undefined && bearer !== single) {
    throw new AppError('unauthorized', 'Authorization and X-Api-Key hold different keys');
  }
  return bearer ?? (single === '' ? undefined : single);
}
