import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { modelsConfig } from '../../config/namespaces.js';
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
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
    private readonly provider: ModelProvider,
  ) {
    super();
  }

  async check(): Promise<DefaultModelState> {
    return (await this.provider.has(this.settings.default)) ? 'present' : 'missing';
  }

  override remedy(state: DefaultModelState): string | null {
    const { allow, default: defaultModel } = this.settings;
    // The start has already warned about this: a pull does not make the model local.
    const isRefused = allow === null && namesCloudModel(defaultModel);
    if (state !== 'missing' || isRefused) return null;
    return (
      'Requests that name no model will fail: the default model is not installed or cannot chat; ' +
      `run: ollama pull ${defaultModel}, or name another in OLLAMA_DEFAULT_MODEL`
    );
  }
}
