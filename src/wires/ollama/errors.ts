import type { AppError } from '../../common/errors/app-error.js';
import type { ErrorForm } from '../../common/errors/error-form.js';
import { errorBody } from '../../common/errors/error-response.js';
import type { GenerationError } from '../../domain/generation.js';

/** Sentences that would name fields and routes of our own API, by reason. */
const SENTENCES = new Map([
  [
    'context_exceeded',
    'The messages are too long for the context of this model; send fewer or shorter ones, or choose a model with a larger context',
  ],
  ['model_not_found', 'Model not found; /api/tags lists the models there are'],
]);

/** Ollama's errors are a sentence as `error`, as ours are: below its address only some sentences differ. */
export const OLLAMA_ERRORS: ErrorForm = {
  body: (error: AppError, requestId: string): object => {
    const { details, ...body } = errorBody(error, requestId);
    const sentence = SENTENCES.get(error.reason);
    if (sentence !== undefined) return { ...body, error: sentence };
    return { ...body, ...(details && { details }) };
  },
};

/** The last line of a stream that failed. */
export function failureFields({ error, code, reason }: GenerationError) {
  return { error: SENTENCES.get(reason) ?? error, code, reason };
}
