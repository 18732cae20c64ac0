import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { sameModel } from '../../models/model-name.js';
import { ModelProvider } from '../../models/model-provider.js';
import { CHECK_TIMEOUT_MS } from '../background-check.js';
import { Indicator } from './indicator.js';

export type DefaultModelState = 'present' | 'missing' | 'unknown';

/** Whether a request that names no model can be answered. */
@Injectable()
export class DefaultModelIndicator extends Indicator<DefaultModelState> {
  readonly name = 'default_model';
  readonly worst = 'unknown';

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly provider: ModelProvider,
  ) {
    super();
  }

  async check(): Promise<DefaultModelState> {
    // A list is retried and costs more: it is only asked of a server that answers.
    if (!(await this.provider.isUp(CHECK_TIMEOUT_MS))) return 'unknown';
    const { defaultModel } = this.settings.ollama;
    const models = await this.provider.list();
    return models.some((model) => sameModel(model.name, defaultModel)) ? 'present' : 'missing';
  }
}
