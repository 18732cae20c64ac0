import { AppError, type ErrorDetail } from '../common/errors/app-error.js';

/** A model that is not there; its name is not repeated. */
export function modelNotFound(): AppError {
  return new AppError(
    'model_not_found',
    'Model not found; GET /api/models lists the models there are',
  );
}

/** The settings do not allow this model. */
export function modelNotAllowed(): AppError {
  return new AppError(
    'model_not_found',
    'This model is not available here; GET /api/models lists the models there are',
  );
}

export function modelSilent(): AppError {
  return new AppError('model_silent', 'The model was silent for too long');
}

export function invalidName(cause?: unknown): AppError {
  const message = 'must be the name of a model as the model server accepts it, without white space';
  return invalid({ field: 'model', message }, cause);
}

/** Such as an embedding model. */
export function modelNotForChat(cause?: unknown): AppError {
  return invalid({ field: 'model', message: 'must be able to chat' }, cause);
}

/** What the client can correct by another request; `detail` says which field, and how. */
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
