import { fullModelName, namesCloudModel } from '../../../../domain/model-name.js';

/** Which models may be used: the configured names, or every local one. */
export class ModelPolicy {
  private readonly named: ReadonlySet<string> | null;

  constructor(allow: readonly string[] | null) {
    this.named = allow && new Set(allow.map(fullModelName));
  }

  /** What the name alone says; `'if_local'`: yes, once Ollama has said that the model runs there. */
  judge(model: string): 'allowed' | 'refused' | 'if_local' {
    if (this.named) return this.named.has(fullModelName(model)) ? 'allowed' : 'refused';
    return namesCloudModel(model) ? 'refused' : 'if_local';
  }
}
