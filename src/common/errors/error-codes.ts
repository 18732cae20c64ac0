/** The `code` of an error response. Each has exactly one status. */
export const STATUS_OF_CODE = {
  INVALID_INPUT: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMIT: 429,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;

/** The cause of an error, for programs. Each reason belongs to exactly one code. */
export const CODE_OF_REASON = {
  validation: 'INVALID_INPUT',
  context_exceeded: 'INVALID_INPUT',
  body_too_large: 'PAYLOAD_TOO_LARGE',
  images_full: 'PAYLOAD_TOO_LARGE',
  unauthorized: 'UNAUTHORIZED',
  key_expired: 'UNAUTHORIZED',
  key_revoked: 'UNAUTHORIZED',
  scope_missing: 'FORBIDDEN',
  host_not_allowed: 'FORBIDDEN',
  route_not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  conversation_not_found: 'NOT_FOUND',
  message_not_found: 'NOT_FOUND',
  image_not_found: 'NOT_FOUND',
  generation_not_found: 'NOT_FOUND',
  model_not_found: 'NOT_FOUND',
  conversation_busy: 'CONFLICT',
  generation_exists: 'CONFLICT',
  idempotency_mismatch: 'CONFLICT',
  conversation_deleted: 'CONFLICT',
  conversation_full: 'CONFLICT',
  conversation_changed: 'PRECONDITION_FAILED',
  requests_limit: 'RATE_LIMIT',
  streams_limit: 'RATE_LIMIT',
  tokens_limit: 'RATE_LIMIT',
  model_unavailable: 'SERVICE_UNAVAILABLE',
  store_unavailable: 'SERVICE_UNAVAILABLE',
  queue_full: 'SERVICE_UNAVAILABLE',
  draining: 'SERVICE_UNAVAILABLE',
  identity_unavailable: 'SERVICE_UNAVAILABLE',
  model_silent: 'TIMEOUT',
  generation_timeout: 'TIMEOUT',
  internal: 'INTERNAL_ERROR',
} as const satisfies Record<string, ErrorCode>;

export type ErrorReason = keyof typeof CODE_OF_REASON;

export const ERROR_CODES = Object.keys(STATUS_OF_CODE) as [ErrorCode, ...ErrorCode[]];
export const ERROR_REASONS = Object.keys(CODE_OF_REASON) as [ErrorReason, ...ErrorReason[]];
