import { AppError, type ErrorDetail } from '../../../../common/errors/app-error.js';

export function unreachable(cause: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service unavailable', { cause });
}

/** `what` is for the log: what was wrong, without any of the text that came. */
export function nonsense(what: string, cause?: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service gave an answer that cannot be used', {
    cause: new Error(what, { cause }),
  });
}

export function brokenOff(cause: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama service broke off the answer', { cause });
}

export function silent(): AppError {
  return new AppError('model_silent', 'The model was silent for too long');
}

/** The model is not there; only the configured default model may be named. */
export function modelNotFound(isDefaultModel: boolean, defaultModel: string): AppError {
  return new AppError(
    'model_not_found',
    isDefaultModel
      ? `The default model is not installed; run: ollama pull ${defaultModel}`
      : 'Model not found; GET /api/models lists the models there are',
  );
}

export function modelNotAllowed(): AppError {
  return new AppError(
    'model_not_found',
    'This model is not available here; GET /api/models lists the models there are',
  );
}

/** It may be one that Ollama passes on to a cloud, so it is not asked. */
export function originUnknown(cause?: unknown): AppError {
  return new AppError('model_unavailable', 'Ollama did not say where this model runs; try again', {
    cause: new Error(
      'Without the details of a model it is not sent a prompt, unless MODEL_ALLOW names it',
      { cause },
    ),
  });
}

export function invalidName(cause?: unknown): AppError {
  const message = 'must be the name of a model, without white space';
  return invalid({ field: 'model', message }, cause);
}

/** Such as an embedding model. */
export function modelNotForChat(cause?: unknown): AppError {
  return invalid({ field: 'model', message: 'must be able to chat' }, cause);
}

/** What the client can mend by another request; `detail` says which field, and how. */
export function invalid(detail: ErrorDetail, cause?: unknown): AppError {
  return new AppError('validation', `Invalid request: ${detail.field} ${detail.message}`, {
    details: [{ field: detail.field, message: `${detail.field} ${detail.message}` }],
    cause,
  });
}

export function contextExceeded(cause?: unknown): AppError {
  return new AppError(
    'context_exceeded',
    'The messages are too long for the context of this model; shorten them or choose a model with a larger context',
    { cause },
  );
}
