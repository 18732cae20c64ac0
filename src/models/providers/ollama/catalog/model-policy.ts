import { fullModelName } from '../../../model-name.js';

/** Tags of models that Ollama itself proxies to a cloud: `gpt-oss:120b-cloud`, `glm-4.6:cloud`. */
const CLOUD_TAG = /(^|-)cloud$/;

/** Which models may be used: the configured names, or every local one. */
export class ModelPolicy {
  private readonly named: ReadonlySet<string> | null;

  constructor(allow: readonly string[] | null) {
    this.named = allow && new Set(allow.map(fullModelName));
  }

  /** What the name alone says; `'if_local'`: yes, unless the model turns out to live elsewhere. */
  judge(model: string): 'allowed' | 'refused' | 'if_local' {
    const name = fullModelName(model);
    if (this.named) return this.named.has(name) ? 'allowed' : 'refused';
    return CLOUD_TAG.test(name.slice(name.lastIndexOf(':') + 1)) ? 'refused' : 'if_local';
  }
}
