import type { ModelProvider } from './model-provider.js';

type Namer = Pick<ModelProvider, 'identify'>;

/** Whether two names mean the same model. */
export function isSameModel(provider: Namer, one: string, other: string): boolean {
  const [a, b] = [provider.identify(one), provider.identify(other)];
  return a.provider === b.provider && a.model === b.model;
}

/**
 * Whether a model is among those that a client may use, by what is known now; null: all of them. After
 * `list` every listed name is known.
 */
export function isPermitted(
  provider: Namer,
  models: readonly string[] | null,
  name: string,
): boolean {
  return models === null || models.some((permitted) => isSameModel(provider, permitted, name));
}

/** The same for a model that a request names: before the answer is no, unknown names are looked up. */
export async function isPermittedByLists(
  provider: Namer & Pick<ModelProvider, 'lookUp'>,
  models: readonly string[] | null,
  name: string,
): Promise<boolean> {
  if (models === null || isPermitted(provider, models, name)) return true;
  await provider.lookUp([name, ...models]);
  return isPermitted(provider, models, name);
}
