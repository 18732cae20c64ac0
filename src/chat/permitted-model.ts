import { AppError } from '../common/errors/app-error.js';
import type { ModelProvider } from '../models/model-provider.js';
import { isPermitted } from '../models/permitted-models.js';
import type { ModelCommand } from './chat-command.js';

/** A model that the client may not use is as unknown. */
export function assertPermitted(
  { model, models }: Pick<ModelCommand, 'model' | 'models'>,
  provider: Pick<ModelProvider, 'identify'>,
): void {
  if (isPermitted(provider, models, model)) return;
  throw new AppError(
    'model_not_found',
    'Model not found; GET /api/models lists the models there are',
  );
}
