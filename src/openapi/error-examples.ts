import type { ExampleObject } from '@nestjs/swagger';
import { SUMMARY_EXAMPLE } from '../common/http/conversation.examples.js';
import { CODE_OF_REASON, ERROR_REASONS, type ErrorReason } from '../common/errors/error-codes.js';

const REQUEST_ID = '0f7c2b9e-8d0b-4a55-9c3e-1c2f1d9f7b60';
const GENERATION_ID = '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55';

/** For each reason: a summary, and an example of the service's sentence. */
const WORDS: Record<ErrorReason, { summary: string; error: string }> = {
  validation: {
    summary: 'A field is wrong, missing or unknown; `details` names it',
    error: 'Invalid request: parameters.temperature must be a number from 0 to 1',
  },
  context_exceeded: {
    summary:
      "The message alone fills the model's context, or earlier messages do not fit and `truncation` is `error`",
    error:
      'The message is too long for the context of this model; shorten it or choose a model with a larger context',
  },
  body_too_large: {
    summary: 'The body is larger than this route takes',
    error: 'The body is larger than 256 KiB',
  },
  images_full: {
    summary: 'The stored images of this owner take as much room as they may',
    error:
      'The images stored for you take as much room as they may; delete conversations that have some',
  },
  unauthorized: {
    summary: 'An API key is missing or wrong',
    error: 'Send an API key, as Authorization: Bearer <key> or X-Api-Key: <key>',
  },
  key_expired: {
    summary: 'The API key or the token was right, and has expired',
    error: 'This API key has expired; send another one',
  },
  key_revoked: {
    summary: 'The API key was right, and was revoked',
    error: 'This API key was revoked',
  },
  scope_missing: {
    summary: 'The scopes of the API key or the token do not open this route',
    error: 'The scopes of this key do not open this route',
  },
  host_not_allowed: {
    summary: 'The name in `Host` is not in `ALLOWED_HOSTS` of this installation without keys',
    error:
      'The service does not answer to this Host: name it in ALLOWED_HOSTS, or protect the service with API_KEYS',
  },
  route_not_found: {
    summary: 'There is no such route',
    error: 'There is no such route: check the method and the path',
  },
  method_not_allowed: {
    summary: 'The route has no such method',
    error: 'This route has no such method: see the Allow header for those it has',
  },
  conversation_not_found: {
    summary: 'There is no such conversation',
    error: 'Conversation not found',
  },
  message_not_found: {
    summary: 'The conversation has no such message',
    error: 'Message not found in this conversation',
  },
  image_not_found: { summary: 'The conversation has no such image', error: 'Image not found' },
  generation_not_found: { summary: 'There is no such generation', error: 'Generation not found' },
  model_not_found: {
    summary: 'The model is not installed, or not allowed',
    error: 'The default model is not installed; run: ollama pull llama2',
  },
  conversation_busy: {
    summary: 'The conversation has a running generation, `active_generation_id`',
    error: 'The conversation is being answered; wait for its end or cancel that generation',
  },
  generation_exists: {
    summary: 'The `generation_id` was used before',
    error: 'A generation with this generation_id exists already',
  },
  idempotency_mismatch: {
    summary: 'The `Idempotency-Key` belongs to another request',
    error: 'This Idempotency-Key was used for another request; use a new key',
  },
  conversation_deleted: {
    summary: 'The conversation was deleted while it was answered',
    error: 'The conversation was deleted while it was being answered',
  },
  conversation_full: {
    summary: 'The conversation has the maximum number of messages',
    error: 'The conversation has as many messages as one may have; begin a new one',
  },
  conversation_changed: {
    summary:
      'The conversation has another revision than `If-Match` names; `conversation` is what it is now',
    error: 'The conversation was changed in the meantime; read it again',
  },
  requests_limit: {
    summary: 'Too many requests in a minute',
    error: 'Too many messages in a minute: try again in 12 s',
  },
  streams_limit: {
    summary: 'Too many streams at once',
    error: 'Only 2 streamed answers may run at once for a client',
  },
  tokens_limit: {
    summary: 'The tokens of this day or month are used up',
    error: 'The 100000 tokens of this day are used up: try again in 3600 s',
  },
  model_unavailable: {
    summary:
      'The model server cannot be reached, sends an invalid answer, or does not report where a model runs',
    error: 'Ollama service unavailable',
  },
  store_unavailable: {
    summary: 'The history cannot be reached',
    error: 'The conversation store is not available',
  },
  queue_full: {
    summary: 'The queue is full',
    error: 'Too many messages are waiting for an answer; try again later',
  },
  identity_unavailable: {
    summary: 'The identity provider cannot be reached, and its keys are not known',
    error: 'The identity provider cannot be reached; try again shortly',
  },
  draining: {
    summary: 'The service is shutting down',
    error: 'The service is shutting down; try again shortly',
  },
  model_silent: {
    summary: 'The model sent nothing for too long',
    error: 'The model was silent for too long',
  },
  generation_timeout: {
    summary: 'The whole answer took too long',
    error: 'The answer took longer than the service allows',
  },
  internal: { summary: 'An internal error', error: 'Internal server error' },
};

/** Reasons that no described route can have. */
const UNROUTED = new Set<ErrorReason>(['route_not_found', 'method_not_allowed']);

/** One example a reason that a described route can have, for `components.examples`. */
export const ERROR_EXAMPLES: Record<string, ExampleObject> = Object.fromEntries(
  ERROR_REASONS.filter((reason) => !UNROUTED.has(reason)).map((reason) => [
    reason,
    exampleOf(reason),
  ]),
);

export function summaryOf(reason: ErrorReason): string {
  return WORDS[reason].summary;
}

function exampleOf(reason: ErrorReason): ExampleObject {
  const { summary, error } = WORDS[reason];
  const details = [
    {
      field: 'parameters.temperature',
      message: 'temperature must be a number from 0 to 1',
    },
  ];
  return {
    summary,
    value: {
      error,
      code: CODE_OF_REASON[reason],
      reason,
      request_id: REQUEST_ID,
      ...(reason === 'validation' && { details }),
      ...(reason === 'conversation_busy' && { active_generation_id: GENERATION_ID }),
      ...(reason === 'conversation_changed' && { conversation: SUMMARY_EXAMPLE }),
    },
  };
}
