import type { OperationObject, ReferenceObject } from '@nestjs/swagger';
import type { ErrorReason } from '../common/errors/error-codes.js';
import { errorResponses } from './error-responses.js';
import {
  ANSWER_HEADERS,
  GENERATION_HEADERS,
  HEADER_REF,
  RATE_LIMIT_HEADERS,
  TOKEN_HEADERS,
} from './headers.js';
import { FACTS_EXTENSION, type RouteFacts } from './route-facts.js';
import type { SharedResponses } from './shared-responses.js';

type Operation = OperationObject & { [FACTS_EXTENSION]?: RouteFacts };

interface Installation {
  /** Whether it may ask for API keys. */
  keys: boolean;
  shared: SharedResponses;
}

/**
 * Turns a route's facts into what the document says of it: error responses, headers of every
 * response, and that no key is needed. Changes `operation` in place.
 */
export function finishOperation(operation: Operation, { keys, shared }: Installation): void {
  const facts = operation[FACTS_EXTENSION];
  Reflect.deleteProperty(operation, FACTS_EXTENSION);
  if (!facts) return;
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.headers = { ...response.headers, ...headersOf(Number(status), operation, facts) };
  }
  const generation = namesGeneration(operation);
  const errors = errorResponses({
    reasons: reasonsOf(operation, facts, keys),
    generation,
    tokenHeaders: facts.tokenHeaders,
    form: facts.errorForm,
  });
  for (const [status, response] of Object.entries(errors)) {
    // A route that answers this status in its own words (readiness, 503) keeps them.
    operation.responses[status] ??= shared.add(response, operation.operationId ?? '');
  }
  if (keys && facts.open) operation.security = [];
}

/** Where a key is needed; keys are in the store, or in the tokens of an identity provider. */
const REASONS_OF_KEYS: readonly ErrorReason[] = [
  'unauthorized',
  'key_expired',
  'key_revoked',
  'scope_missing',
  'store_unavailable',
  'identity_unavailable',
];

function reasonsOf(operation: OperationObject, facts: RouteFacts, keys: boolean): ErrorReason[] {
  const reasons: ErrorReason[] = [...facts.errors, 'internal'];
  // A path can be invalid too, if it is not percent-encoded UTF-8.
  if (operation.parameters?.length) reasons.push('validation');
  if (operation.requestBody) reasons.push('validation', 'body_too_large');
  // Probes ask by any name, and need no key.
  if (!facts.open) reasons.push('host_not_allowed');
  if (keys && !facts.open) reasons.push(...REASONS_OF_KEYS);
  if (!facts.unlimited) reasons.push('requests_limit');
  return reasons;
}

/** Headers of the answers that a route describes itself. */
function headersOf(
  status: number,
  operation: OperationObject,
  facts: RouteFacts,
): Record<string, ReferenceObject> {
  const good = status < 300;
  return {
    'X-Request-Id': HEADER_REF.requestId,
    ...(status === 202 && {
      Location: HEADER_REF.location,
      'Preference-Applied': HEADER_REF.preferenceApplied,
    }),
    ...(good && namesGeneration(operation) && GENERATION_HEADERS),
    ...(good && startsGeneration(operation) && ANSWER_HEADERS),
    ...(!facts.unlimited && RATE_LIMIT_HEADERS),
    ...(good && facts.tokenHeaders && TOKEN_HEADERS),
  };
}

/** What starts a generation takes a key, so that it can be retried. */
function startsGeneration(operation: OperationObject): boolean {
  return takesHeader(operation, 'Idempotency-Key');
}

/** What starts or reads on the events of a generation says which one it is. */
function namesGeneration(operation: OperationObject): boolean {
  return startsGeneration(operation) || takesHeader(operation, 'Last-Event-ID');
}

function takesHeader({ parameters = [] }: OperationObject, name: string): boolean {
  return parameters.some((parameter) => 'name' in parameter && parameter.name === name);
}
