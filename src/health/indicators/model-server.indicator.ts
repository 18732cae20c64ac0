import type { ModelProvider } from '../../models/model-provider.js';
import { CHECK_TIMEOUT_MS } from '../background-check.js';
import { Indicator } from './indicator.js';

export type ModelServerState = 'up' | 'down';

/** What an operator should do about a server that does not answer. */
const REMEDIES: Readonly<Record<string, string>> = {
  ollama: 'Ollama does not answer: start it (ollama serve), or set OLLAMA_BASE_URL to its address',
  openai:
    'The OpenAI-compatible server does not answer GET /models: start it, or set OPENAI_BASE_URL to its address',
};

/** Whether one model server answers. Its name is a field of the API. */
export class ModelServerIndicator extends Indicator<ModelServerState> {
  readonly name: string;
  readonly worst = 'down';

  constructor(private readonly server: ModelProvider) {
    super();
    this.name = server.name;
  }

  async check(): Promise<ModelServerState> {
    await this.server.check(CHECK_TIMEOUT_MS);
    return 'up';
  }

  override remedy(state: ModelServerState): string | null {
    if (state === 'up') return null;
    return REMEDIES[this.name] ?? `The model server ${this.name} does not answer`;
  }
}
