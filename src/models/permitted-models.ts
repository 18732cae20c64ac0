import type { ModelProvider } from './model-provider.js';

/** Whether a model is among those that a client may use; null: all of them. */
export function isPermitted(
  provider: Pick<ModelProvider, 'identify'>,
  models: readonly string[] | null,
  name: string,
): boolean {
  if (models === null) return true;
  const asked = provider.identify(name);
  return models.some((permitted) => {
    const identity = provider.identify(permitted);
    return identity.provider === asked.provider && identity.model === asked.model;
  });
}
