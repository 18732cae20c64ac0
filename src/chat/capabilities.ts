import { AppError } from '../common/errors/app-error.js';
import { lacks } from '../domain/model.js';
import type { ModelProvider } from '../models/model-provider.js';
import type { ModelCommand } from './chat-command.js';

/** What of a request may need a capability. */
type Asked = Pick<ModelCommand, 'model' | 'images' | 'parameters' | 'ask'>;

/** What a request needs of its model: the field that asks for it, and the capability as providers name it. */
interface Need {
  field: string;
  capability: string;
  /** What the model cannot do, for the sentence. */
  cannot: string;
  isAsked: (command: Asked) => boolean;
}

const NEEDS: readonly Need[] = [
  {
    field: 'parameters.think',
    capability: 'thinking',
    cannot: 'think',
    isAsked: ({ parameters: { think } }) => think !== null && think !== false,
  },
  {
    field: 'tools',
    capability: 'tools',
    cannot: 'call tools',
    isAsked: ({ ask: { tools } }) => tools.length > 0,
  },
  {
    field: 'images',
    capability: 'vision',
    cannot: 'see images',
    isAsked: ({ images }) => images !== null,
  },
];

/** What a request needs of its model beside text. */
function needsOf(command: Asked): Need[] {
  return NEEDS.filter(({ isAsked }) => isAsked(command));
}

/**
 * Refuses what the model is known to be unable to do, before anything is stored or sent. A model
 * whose server does not say what it can do is asked.
 */
export async function assertCapable(
  command: Asked,
  models: Pick<ModelProvider, 'resolve'>,
): Promise<void> {
  const asked = needsOf(command);
  if (asked.length === 0) return;
  const profile = await models.resolve(command.model).catch(() => null);
  const missing = asked.find(({ capability }) => profile && lacks(profile, capability));
  if (!missing) return;
  const { field, cannot } = missing;
  throw new AppError('validation', `Invalid request: this model cannot ${cannot}`, {
    details: [{ field, message: 'is not supported by this model' }],
  });
}
