import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { namesCloudModel } from '../../domain/model-name.js';
import { ModelProvider } from '../../models/model-provider.js';
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
    const { default: defaultModel } = this.settings.models;
    return (await this.provider.has(defaultModel)) ? 'present' : 'missing';
  }

  override remedy(state: DefaultModelState): string | null {
    const { allow, default: defaultModel } = this.settings.models;
    // What the start has warned of already: no pull makes it local.
    const isRefused = allow === null && namesCloudModel(defaultModel);
    if (state !== 'missing' || isRefused) return null;
    return (
      'Requests that name no model will fail: the default model is not installed or cannot chat; ' +
      `run: ollama pull ${defaultModel}, or name another in OLLAMA_DEFAULT_MODEL`
    );
  }
}
