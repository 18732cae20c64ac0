import { fullModelName, namesCloudModel } from '../domain/model-name.js';

/**
 * `MODEL_ALLOW`, for every provider: which models may be used, the configured names or every local one.
 * `resolve` and `list` of a provider both apply it.
 */
export class ModelPolicy {
  private readonly named: ReadonlySet<string> | null;

  constructor(allow: readonly string[] | null) {
    this.named = allow && new Set(allow.map(fullModelName));
  }

  /** What the name alone says; `'if_local'`: yes, once it is known that the server runs the model itself. */
  judge(model: string): 'allowed' | 'refused' | 'if_local' {
    if (this.named) return this.named.has(fullModelName(model)) ? 'allowed' : 'refused';
    return namesCloudModel(model) ? 'refused' : 'if_local';
  }
}
