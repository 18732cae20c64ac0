import type { ReferenceObject, ResponseObject } from '@nestjs/swagger';
import {
  CODE_OF_REASON,
  ERROR_CODES,
  ERROR_REASONS,
  STATUS_OF_CODE,
  type ErrorCode,
  type ErrorReason,
} from '../common/errors/error-codes.js';
import { summaryOf } from './error-examples.js';
import { HEADER_REF, RATE_LIMIT_HEADERS } from './headers.js';

const TITLE_OF_CODE: Record<ErrorCode, string> = {
  INVALID_INPUT: 'Invalid input',
  UNAUTHORIZED: 'Unauthorized',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Conflict',
  PAYLOAD_TOO_LARGE: 'Body too large',
  RATE_LIMIT: 'Too many requests',
  INTERNAL_ERROR: 'Internal error',
  SERVICE_UNAVAILABLE: 'Service unavailable',
  TIMEOUT: 'Timeout',
};

/** Failures that say when to come back. */
const RETRYABLE = new Set<ErrorReason>([
  'conversation_busy',
  'requests_limit',
  'streams_limit',
  'model_unavailable',
  'store_unavailable',
  'queue_full',
  'draining',
]);

/** The error responses of a route, by status, from the reasons it can fail for. */
export function errorResponses(reasons: readonly ErrorReason[]): Record<string, ResponseObject> {
  const responses: Record<string, ResponseObject> = {};
  for (const code of ERROR_CODES) {
    const own = ERROR_REASONS.filter(
      (reason) => CODE_OF_REASON[reason] === code && reasons.includes(reason),
    );
    if (own.length > 0) responses[STATUS_OF_CODE[code]] = responseOf(code, own);
  }
  return responses;
}

function responseOf(code: ErrorCode, reasons: ErrorReason[]): ResponseObject {
  const lines = reasons.map((reason) => `- \`${reason}\`: ${summaryOf(reason)}.`);
  const examples = reasons.map((reason): [string, ReferenceObject] => [
    reason,
    { $ref: `#/components/examples/${reason}` },
  ]);
  return {
    description: [`${TITLE_OF_CODE[code]} (\`${code}\`).`, '', ...lines].join('\n'),
    headers: {
      ...(reasons.some((reason) => RETRYABLE.has(reason)) && {
        'Retry-After': HEADER_REF.retryAfter,
      }),
      ...(code === 'RATE_LIMIT' && RATE_LIMIT_HEADERS),
    },
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorResponse' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}
