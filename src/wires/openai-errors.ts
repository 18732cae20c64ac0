import type { HeaderObject } from '@nestjs/swagger';
import { UnknownCall } from '../chat/tool-calls.js';
import { AppError } from '../common/errors/app-error.js';
import type { ErrorForm } from '../common/errors/error-form.js';
import { CODE_OF_REASON, STATUS_OF_CODE, type ErrorReason } from '../common/errors/error-codes.js';
import { displayField } from '../common/validation/validation-error.js';
import type { DocumentedErrorForm } from '../openapi/decorators/api-error-form.js';
import { isErrorReason } from '../generation/events.js';
import type { GenerationError } from '../domain/generation.js';

/** An error as OpenAI's clients read it, with what ours says inside. */
export interface OpenAiError {
  message: string;
  type: 'invalid_request_error' | 'requests' | 'server_error';
  /** The field that is wrong; null where it is not one alone. */
  param: string | null;
  code: string;
  reason: string;
  request_id?: string;
}

/** Codes by which OpenAI's clients decide; the others are our reasons. */
const CODES: Partial<Record<ErrorReason, string>> = {
  context_exceeded: 'context_length_exceeded',
  requests_limit: 'rate_limit_exceeded',
  streams_limit: 'rate_limit_exceeded',
  tokens_limit: 'rate_limit_exceeded',
  unauthorized: 'invalid_api_key',
  key_expired: 'invalid_api_key',
  key_revoked: 'invalid_api_key',
};

/** `previous_response_id` names nothing that a response could go on with: a code of OpenAI's alone. */
export class PreviousResponseNotFound extends AppError {
  constructor() {
    const field = 'previous_response_id';
    const message = 'is not the id of a stored response with an answer';
    super('validation', `Invalid request: ${field} ${message}`, { details: [{ field, message }] });
  }
}

function codeOf(error: AppError): string {
  if (error instanceof PreviousResponseNotFound) return 'previous_response_not_found';
  return CODES[error.reason] ?? error.reason;
}

/** Failures with a status that the client tries again, though nothing would change. */
const NOT_AGAIN = new Set<ErrorReason>([
  'idempotency_mismatch',
  'generation_exists',
  'conversation_deleted',
  'conversation_full',
  'tokens_limit',
  'model_silent',
  'generation_timeout',
]);

const TOO_LONG =
  'The messages are too long for the context of this model; send fewer or shorter ones, or choose a model with a larger context';

function typeOf(status: number): OpenAiError['type'] {
  if (status === 429) return 'requests';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** A failure that is told in a stream: it has no status, and was stored. */
export function openAiFailure({ error, code, reason }: GenerationError): OpenAiError {
  const known = isErrorReason(reason) ? reason : 'internal';
  const status = Object.hasOwn(STATUS_OF_CODE, code)
    ? STATUS_OF_CODE[code as keyof typeof STATUS_OF_CODE]
    : 500;
  return {
    message: known === 'context_exceeded' ? TOO_LONG : error,
    type: typeOf(status),
    param: null,
    code: CODES[known] ?? reason,
    reason,
  };
}

/** The same for the document. */
export const OPENAI_ERRORS_DOCUMENT: DocumentedErrorForm = {
  name: 'OpenAi',
  headers: (reasons, ofAnswer) => {
    const when = [];
    const final = reasons.filter((reason) => NOT_AGAIN.has(reason));
    if (final.length > 0) when.push(`with ${final.map((reason) => `\`${reason}\``).join(', ')}`);
    const isFailure = reasons.some((reason) => STATUS_OF_CODE[CODE_OF_REASON[reason]] >= 500);
    if (ofAnswer && isFailure) when.push(REPLAYED);
    return when.length === 0 ? {} : { 'X-Should-Retry': shouldRetry(when) };
  },
  schema: {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['message', 'type', 'param', 'code', 'reason', 'request_id'],
        properties: {
          message: { type: 'string', description: 'A sentence for a person.' },
          type: { type: 'string', enum: ['invalid_request_error', 'requests', 'server_error'] },
          param: { type: ['string', 'null'], description: 'The field that is wrong.' },
          code: { type: 'string', description: 'The cause as OpenAI’s clients know it.' },
          reason: { $ref: '#/components/schemas/ErrorReason' },
          request_id: { type: 'string' },
        },
      },
    },
  },
};

const REPLAYED =
  'for the failure of an answer that the same `Idempotency-Key` would be answered with again';

function shouldRetry(when: readonly string[]): HeaderObject {
  const sentence = `${when.join(', and ')}: OpenAI’s clients do not send the request again by themselves.`;
  return {
    description: sentence.charAt(0).toUpperCase() + sentence.slice(1),
    schema: { type: 'string', enum: ['false'] },
    example: 'false',
  };
}

/** The names that one of OpenAI's APIs has for what errors of other parts of the service name otherwise. */
export interface OwnFields {
  /** What is said to the model. */
  input: string;
  /** How much it thinks. */
  think: string;
  /** What the answer must be. */
  format: string;
}

/** How the errors of one of OpenAI's APIs are told. */
export function openAiErrors(own: OwnFields): ErrorForm {
  const names = new Map([
    ['images', own.input],
    ['tool_results', own.input],
    ['parameters.think', own.think],
    ['parameters.format', own.format],
  ]);
  return {
    body: (error: AppError, requestId: string): { error: OpenAiError } => {
      const field = error.details?.[0]?.field ?? null;
      const param = field === null ? null : (names.get(field) ?? field);
      const isTooLong = error.reason === 'context_exceeded';
      return {
        error: {
          message: isTooLong ? TOO_LONG : messageOf(error, field, param),
          type: typeOf(error.status),
          param: isTooLong ? own.input : param,
          code: codeOf(error),
          reason: error.reason,
          request_id: requestId,
        },
      };
    },
    headers: ({ reason, status }, isReplayed): Record<string, string> =>
      NOT_AGAIN.has(reason) || (isReplayed && status >= 500) ? { 'X-Should-Retry': 'false' } : {},
  };
}

/** A sentence that begins with the field begins with its own name. */
function messageOf(error: AppError, field: string | null, param: string | null): string {
  // Clients look for this sentence, to mend what they have of a conversation.
  if (error instanceof UnknownCall)
    return `No tool call found for function call output with call_id ${displayField(error.callId)}.`;
  const { message } = error;
  if (field === null || param === null || field === param) return message;
  const start = 'Invalid request: ';
  return message.replace(`${start}${field}`, `${start}${param}`);
}

/** The form of errors below `/v1`, but for APIs there that have other fields. */
export const OPENAI_ERRORS = openAiErrors({
  input: 'messages',
  think: 'reasoning_effort',
  format: 'response_format',
});
