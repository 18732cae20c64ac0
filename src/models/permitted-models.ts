import type { ModelProvider } from './model-provider.js';

type Namer = Pick<ModelProvider, 'identify'>;

/** Whether two names mean the same model. */
export function isSameModel(provider: Namer, one: string, other: string): boolean {
  const [a, b] = [provider.identify(one), provider.identify(other)];
  return a.provider === b.provider && a.model === b.model;
}

/** Whether a model is among those that a client may use; null: all of them. */
export function isPermitted(
  provider: Namer,
  models: readonly string[] | null,
  name: string,
): boolean {
  return models === null || models.some((permitted) => isSameModel(provider, permitted, name));
}
