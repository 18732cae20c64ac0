import type { ReferenceObject, ResponseObject } from '@nestjs/swagger';
import {
  CODE_OF_REASON,
  ERROR_CODES,
  ERROR_REASONS,
  STATUS_OF_CODE,
  type ErrorCode,
  type ErrorReason,
} from '../common/errors/error-codes.js';
import type { DocumentedErrorForm } from './decorators/api-error-form.js';
import { summaryOf } from './error-examples.js';
import { CONVERSATION_HEADERS } from './decorators/response-headers.js';
import {
  ANSWER_HEADERS,
  GENERATION_HEADERS,
  HEADER_REF,
  RATE_LIMIT_HEADERS,
  TOKEN_HEADERS,
} from './headers.js';

/** A code as people read it, and as the name of a shared response. */
const TITLE_OF_CODE: Record<ErrorCode, string> = {
  INVALID_INPUT: 'Invalid input',
  UNAUTHORIZED: 'Unauthorized',
  FORBIDDEN: 'Forbidden',
  NOT_FOUND: 'Not found',
  METHOD_NOT_ALLOWED: 'Method not allowed',
  CONFLICT: 'Conflict',
  PRECONDITION_FAILED: 'Precondition failed',
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
  'identity_unavailable',
]);

/** Failures that a request meets before a generation can begin for it. */
const BEFORE_GENERATION = new Set<ErrorCode>(['FORBIDDEN', 'PAYLOAD_TOO_LARGE', 'RATE_LIMIT']);

export interface NamedResponse {
  /** Under which routes may share it: the same name means the same response. */
  name: string;
  response: ResponseObject;
}

/** What of a route decides about its error responses. */
export interface FailingRoute {
  reasons: readonly ErrorReason[];
  /** Its answers name a generation, failures too once that has begun. */
  generation: boolean;
  /** Its answers, their failures and a refusal by a quota have the headers of OpenAI's API for tokens. */
  tokenHeaders: boolean;
  /** How they are written; null: as all. */
  form: DocumentedErrorForm | null;
}

/** The error responses of a route, by status, from the reasons that it can fail for. */
export function errorResponses(route: FailingRoute): Record<string, NamedResponse> {
  const responses: Record<string, NamedResponse> = {};
  for (const code of ERROR_CODES) {
    const reasons = ERROR_REASONS.filter(
      (reason) => CODE_OF_REASON[reason] === code && route.reasons.includes(reason),
    );
    if (reasons.length === 0) continue;
    const generation = route.generation && !BEFORE_GENERATION.has(code);
    responses[STATUS_OF_CODE[code]] = {
      name: (route.form?.name ?? '') + nameOf(code, reasons) + (generation ? 'OfGeneration' : ''),
      response: responseOf(code, reasons, { ...route, generation }),
    };
  }
  return responses;
}

/** `NotFound` for several reasons, `ConversationNotFound` for the one. */
function nameOf(code: ErrorCode, reasons: readonly ErrorReason[]): string {
  const [only = ''] = reasons;
  return pascalCase(reasons.length === 1 ? only.split('_') : TITLE_OF_CODE[code].split(' '));
}

function pascalCase(words: readonly string[]): string {
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** A 403 for another cause has no such header. */
function asksForCredential(code: ErrorCode, reasons: readonly ErrorReason[]): boolean {
  return code === 'UNAUTHORIZED' || reasons.includes('scope_missing');
}

function responseOf(
  code: ErrorCode,
  reasons: ErrorReason[],
  { generation, tokenHeaders, form }: Pick<FailingRoute, 'generation' | 'tokenHeaders' | 'form'>,
): ResponseObject {
  const tellsTokens = tokenHeaders && (generation || reasons.includes('tokens_limit'));
  const lines = reasons.map((reason) => `- \`${reason}\`: ${summaryOf(reason)}.`);
  const examples = reasons.map((reason): [string, ReferenceObject] => [
    reason,
    { $ref: `#/components/examples/${reason}` },
  ]);
  return {
    description: [`${TITLE_OF_CODE[code]} (\`${code}\`).`, '', ...lines].join('\n'),
    headers: {
      'X-Request-Id': HEADER_REF.requestId,
      ...(reasons.some((reason) => RETRYABLE.has(reason)) && {
        'Retry-After': HEADER_REF.retryAfter,
      }),
      ...(asksForCredential(code, reasons) && {
        'WWW-Authenticate': HEADER_REF.authenticate,
      }),
      ...(code === 'PRECONDITION_FAILED' && CONVERSATION_HEADERS),
      ...(generation && { ...GENERATION_HEADERS, ...ANSWER_HEADERS }),
      ...RATE_LIMIT_HEADERS,
      ...(tellsTokens && TOKEN_HEADERS),
      ...form?.headers?.(reasons, generation),
    },
    content: {
      'application/json': form
        ? { schema: form.schema }
        : {
            schema: { $ref: '#/components/schemas/ErrorResponse' },
            examples: Object.fromEntries(examples),
          },
    },
  };
}
