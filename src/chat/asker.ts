import { createHash } from 'node:crypto';
import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { invalidField } from '../common/errors/app-error.js';
import type { RequestContext } from '../common/http/request-context.js';
import { normalId } from '../common/validation/id.pipe.js';
import type { rateLimitConfig } from '../config/namespaces.js';
import { DEFAULT_OWNER } from '../domain/owner.js';
import { quotasOf } from '../domain/token-usage.js';
import { actorOf } from '../observability/audit/audit.js';
import { IDEMPOTENCY_KEY } from '../openapi/decorators/request-headers.js';
import type { AnswerWish, Asker } from './chat-command.js';

type RateLimit = ConfigType<typeof rateLimitConfig>;

/** A request, and what limits it. */
export interface SentRequest {
  request: Request;
  context: RequestContext;
  rateLimit: RateLimit;
}

/** Who asks, and what its key permits. */
export function askerOf(context: RequestContext, rateLimit: RateLimit): Asker {
  return {
    ownerId: context.ownerId,
    clientId: context.clientId,
    keyName: context.grant?.name ?? DEFAULT_OWNER,
    quotas: quotasOf(context.grant?.limits ?? null, rateLimit),
    models: context.grant?.models ?? null,
    actor: actorOf(context),
    withdrawn: context.withdrawn,
  };
}

/** The request's `Idempotency-Key`. Throws `validation` for an invalid one. */
export function idempotencyKeyOf(request: Request): string | null {
  const key = request.get('Idempotency-Key') ?? null;
  if (key !== null && !IDEMPOTENCY_KEY.test(key)) {
    throw invalidField({
      field: 'Idempotency-Key',
      message: 'must be 1 to 255 printable characters',
    });
  }
  return key;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id that a wire's client gives its generation, in `X-Generation-Id`. Throws `validation`. */
export function generationIdOf(request: Request): string | null {
  const id = request.get('X-Generation-Id') ?? null;
  if (id === null) return null;
  if (!UUID.test(id)) throw invalidField({ field: 'X-Generation-Id', message: 'must be a UUID' });
  return normalId(id);
}

/** One slot for each stream that the client may have at once; none if it is unlimited. */
export function streamSlots(
  { clientId, grant }: RequestContext,
  { enabled, streams }: RateLimit,
): string[] {
  if (!enabled) return [];
  const length = grant?.limits.streams ?? streams;
  return Array.from({ length }, (_, index) => `${clientId}:${String(index + 1)}`);
}

/** What of a request its client asks an answer with, beside its fields. */
type SentWish = Asker & Pick<AnswerWish, 'generationId' | 'onDisconnect' | 'idempotency' | 'slots'>;

/**
 * What every wire's request says beside its own fields: who asks, and its headers. Who may come again with
 * the same key finds its answer for the time of grace. Throws `validation`.
 *
 * @param route tells requests under one key apart
 */
export function sentWish(
  { request, context, rateLimit }: SentRequest,
  { route, body, stream }: { route: string; body: unknown; stream: boolean },
): SentWish {
  const key = idempotencyKeyOf(request);
  return {
    generationId: generationIdOf(request),
    onDisconnect: key === null ? 'cancel' : 'grace',
    idempotency: key === null ? null : { key, fingerprint: fingerprintOf(route, body) },
    slots: stream ? streamSlots(context, rateLimit) : [],
    // What is spread comes last (docs/adr/0014-hidden-classes.md).
    ...askerOf(context, rateLimit),
  };
}

/** Route and body as JSON values: the order of fields and white space do not matter. */
export function fingerprintOf(route: string, body: unknown): string {
  const value = `${route} ${canonicalJson(body)}`;
  return createHash('sha256').update(value).digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
