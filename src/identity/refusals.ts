import { Injectable } from '@nestjs/common';
import type { AppError } from '../common/errors/app-error.js';
import type { RequestContext } from '../common/http/request-context.js';
import { RefusedRequests } from '../common/http/request-guards.js';
import { actorOf, Audit } from '../observability/audit/audit.js';

/** Of one address: a client that tries on is one act a minute. */
const EVERY_MS = 60_000;
const MOST_ADDRESSES = 10_000;

/** Writes refused requests into the audit. */
@Injectable()
export class Refusals extends RefusedRequests {
  /** By client, in the order of the times. */
  private readonly writtenAt = new Map<string, number>();

  constructor(private readonly audit: Audit) {
    super();
  }

  note(context: RequestContext, { code, reason }: AppError): void {
    if (code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN') return;
    // While a request is nobody's, its client is its address.
    if (!this.isDue(context.grant ? context.address : context.clientId)) return;
    const target = null;
    this.audit.write({ ...actorOf(context), action: 'auth.refused', target, result: reason });
  }

  private isDue(client: string): boolean {
    const now = performance.now();
    if (now - (this.writtenAt.get(client) ?? -Infinity) < EVERY_MS) return false;
    this.writtenAt.delete(client);
    const [oldest] = this.writtenAt.keys();
    if (this.writtenAt.size >= MOST_ADDRESSES && oldest !== undefined)
      this.writtenAt.delete(oldest);
    this.writtenAt.set(client, now);
    return true;
  }
}
