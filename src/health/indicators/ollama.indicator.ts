import { Injectable } from '@nestjs/common';
import { ModelProvider } from '../../models/model-provider.js';
import { CHECK_TIMEOUT_MS } from '../background-check.js';
import { Indicator } from './indicator.js';

export type OllamaState = 'up' | 'down';

/** Whether the server that has the models answers. */
@Injectable()
export class OllamaIndicator extends Indicator<OllamaState> {
  readonly name = 'ollama';
  readonly worst = 'down';

  constructor(private readonly provider: ModelProvider) {
    super();
  }

  async check(): Promise<OllamaState> {
    return (await this.provider.isUp(CHECK_TIMEOUT_MS)) ? 'up' : 'down';
  }
}
