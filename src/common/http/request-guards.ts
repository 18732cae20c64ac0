import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { AppError } from '../errors/app-error.js';
import type { RequestContext } from './request-context.js';

/**
 * Decides who a request is, before anything else is looked at: its owner, its client for limits, and what
 * it may do, in its `RequestContext`.
 */
export abstract class RequestIdentity implements CanActivate {
  /** Whether requests need a credential; true too while that is not known. */
  abstract readonly required: boolean;

  /**
   * Throws `unauthorized`, `key_expired`, `key_revoked`, and while it cannot be decided
   * `store_unavailable` or `identity_unavailable`.
   */
  abstract canActivate(host: ExecutionContext): true | Promise<true>;
}

/** Counts requests against their client. Runs after `RequestIdentity`, and before a body is read. */
export abstract class RequestLimit implements CanActivate {
  abstract canActivate(host: ExecutionContext): Promise<boolean>;

  /**
   * Counts a wrong key for its address. Throws `requests_limit` if the address has sent too many.
   */
  abstract countWrongKey(host: ExecutionContext): Promise<void>;
}

/** Of what a client repeats, one a minute is due, counted for all workers of this host. */
export abstract class OncePerMinute {
  /** Never rejects: a worker that cannot reach the others counts alone. */
  abstract isDue(client: string): Promise<boolean>;
}

/** Where requests are noted that were refused for their credential, or for what it does not open. */
export abstract class RefusedRequests {
  abstract note(context: RequestContext, error: AppError): void;
}
