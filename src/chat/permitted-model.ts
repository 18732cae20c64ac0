import { AppError } from '../common/errors/app-error.js';
import type { ModelProvider } from '../models/model-provider.js';
import { isPermitted, isPermittedByLists } from '../models/permitted-models.js';
import type { ModelCommand } from './chat-command.js';

type Asked = Pick<ModelCommand, 'model' | 'models'>;
type Models = Pick<ModelProvider, 'identify' | 'lookUp'>;

/**
 * A model that the client may not use is as unknown: it is looked up, then `model_not_found`. Null where
 * it is known that the client may use it: such a turn waits for nothing.
 */
export function assertPermitted(asked: Asked, provider: Models): Promise<void> | null {
  return isPermitted(provider, asked.models, asked.model) ? null : assertFound(asked, provider);
}

async function assertFound({ model, models }: Asked, provider: Models): Promise<void> {
  if (await isPermittedByLists(provider, models, model)) return;
  throw new AppError(
    'model_not_found',
    'Model not found; GET /api/models lists the models there are',
  );
}
