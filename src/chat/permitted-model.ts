import { AppError } from '../common/errors/app-error.js';
import { isPermitted } from '../domain/model-name.js';
import type { ModelCommand } from './chat-command.js';

/** A model that the client may not use is as unknown. */
export function assertPermitted({ model, models }: Pick<ModelCommand, 'model' | 'models'>): void {
  if (isPermitted(models, model)) return;
  throw new AppError(
    'model_not_found',
    'Model not found; GET /api/models lists the models there are',
  );
}
