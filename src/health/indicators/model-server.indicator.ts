import { Injectable } from '@nestjs/common';
import { ModelProvider } from '../../models/model-provider.js';
import { CHECK_TIMEOUT_MS } from '../background-check.js';
import { Indicator } from './indicator.js';

export type ModelServerState = 'up' | 'down';

/** Whether the model server answers. */
@Injectable()
export class ModelServerIndicator extends Indicator<ModelServerState> {
  /** The field's name is part of the API. */
  readonly name = 'ollama';
  readonly worst = 'down';

  constructor(private readonly provider: ModelProvider) {
    super();
  }

  async check(): Promise<ModelServerState> {
    await this.provider.check(CHECK_TIMEOUT_MS);
    return 'up';
  }

  override remedy(state: ModelServerState): string | null {
    if (state === 'up') return null;
    return 'Ollama does not answer: start it (ollama serve), or set OLLAMA_BASE_URL to its address';
  }
}
