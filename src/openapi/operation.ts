import type { OperationObject, ReferenceObject } from '@nestjs/swagger';
import type { ErrorReason } from '../common/errors/error-codes.js';
import { errorResponses } from './error-responses.js';
import { ANSWER_HEADERS, HEADER_REF, RATE_LIMIT_HEADERS } from './headers.js';
import { FACTS_EXTENSION, type RouteFacts } from './route-facts.js';

type Operation = OperationObject & { [FACTS_EXTENSION]?: RouteFacts };

/**
 * Turns a route's facts into what the document says of it: error responses, headers of every
 * response, and that no key is needed. Changes `operation` in place.
 */
export function finishOperation(operation: Operation): void {
  const facts = operation[FACTS_EXTENSION];
  Reflect.deleteProperty(operation, FACTS_EXTENSION);
  if (!facts) return;
  const errors = errorResponses(reasonsOf(operation, facts));
  for (const [status, response] of Object.entries(errors)) {
    const described = operation.responses[status];
    // A route that answers this status in its own words (readiness, 503) keeps them.
    if (!described) operation.responses[status] = response;
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.headers = { ...response.headers, ...headersOf(Number(status), operation, facts) };
  }
  if (facts.open) operation.security = [];
}

function reasonsOf(operation: OperationObject, facts: RouteFacts): ErrorReason[] {
  const reasons: ErrorReason[] = [...facts.errors, 'internal'];
  // A path can be wrong too: one that is no percent-encoded UTF-8.
  if (operation.parameters?.length) reasons.push('validation');
  if (operation.requestBody) reasons.push('validation', 'body_too_large');
  if (!facts.open) reasons.push('unauthorized');
  if (!facts.unlimited) reasons.push('requests_limit');
  return reasons;
}

/** What the answers that matter carry; a page that repeated it for each failure would hide them. */
function headersOf(
  status: number,
  operation: OperationObject,
  facts: RouteFacts,
): Record<string, ReferenceObject> {
  const good = status < 300;
  return {
    'X-Request-Id': HEADER_REF.requestId,
    ...(status === 202 && { Location: HEADER_REF.location }),
    ...(good && startsGeneration(operation) && ANSWER_HEADERS),
    ...(good && !facts.unlimited && RATE_LIMIT_HEADERS),
  };
}

/** What starts a generation takes a key, so that it can be retried. */
function startsGeneration({ parameters = [] }: OperationObject): boolean {
  return parameters.some(
    (parameter) => 'name' in parameter && parameter.name === 'Idempotency-Key',
  );
}
