import type { OperationObject, ReferenceObject, ResponseObject } from '@nestjs/swagger';
import type { ErrorReason } from '../common/errors/error-codes.js';
import { errorResponses } from './error-responses.js';
import { HEADER_REF, RATE_LIMIT_HEADERS } from './headers.js';
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
  for (const response of Object.values(operation.responses)) {
    if (response && !('$ref' in response)) addHeaders(response, facts);
  }
  if (facts.open) operation.security = [];
}

function reasonsOf(operation: OperationObject, facts: RouteFacts): ErrorReason[] {
  const reasons: ErrorReason[] = [...facts.errors, 'internal'];
  const query = (operation.parameters ?? []).some(
    (parameter) => 'in' in parameter && parameter.in !== 'path',
  );
  if (query || operation.requestBody) reasons.push('validation');
  if (operation.requestBody) reasons.push('body_too_large');
  if (!facts.open) reasons.push('unauthorized');
  if (!facts.unlimited) reasons.push('requests_limit');
  return reasons;
}

function addHeaders(response: ResponseObject, facts: RouteFacts): void {
  const common: Record<string, ReferenceObject> = {
    'X-Request-Id': HEADER_REF.requestId,
    ...(!facts.unlimited && RATE_LIMIT_HEADERS),
  };
  response.headers = { ...response.headers, ...common };
}
