import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError } from '../../common/errors/app-error.js';
import { modelsConfig } from '../../config/namespaces.js';
import { namesCloudModel } from '../../domain/model-name.js';
import { DefaultModel } from '../../models/default-model.js';
import { ModelProvider } from '../../models/model-provider.js';
import { withoutPrefix } from '../../models/prefixed-name.js';
import { Indicator } from './indicator.js';

export type DefaultModelState = 'present' | 'missing' | 'unknown';

const OLLAMA = 'ollama';
const FAILING = 'Requests that name no model will fail';

/** Whether a request that names no model can be answered. */
@Injectable()
export class DefaultModelIndicator extends Indicator<DefaultModelState> {
  readonly name = 'default_model';
  readonly worst = 'unknown';

  constructor(
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
    private readonly provider: ModelProvider,
    private readonly defaultModel: DefaultModel,
  ) {
    super();
  }

  /** The name of the server that answers it, as far as that is known. */
  get server(): string | null {
    const { known } = this.defaultModel;
    return known === null ? null : this.provider.identify(known).provider;
  }

  async check(): Promise<DefaultModelState> {
    try {
      return (await this.provider.has(await this.defaultModel.name())) ? 'present' : 'missing';
    } catch (error) {
      if (error instanceof AppError && error.reason === 'model_not_found') return 'missing';
      throw error;
    }
  }

  override remedy(state: DefaultModelState): string | null {
    if (state !== 'missing') return null;
    const { allow, default: defaultModel, defaultVariable } = this.settings;
    if (defaultModel === null) return `${FAILING}: no model server has a model`;
    if (this.server !== OLLAMA) {
      return `${FAILING}: its server does not have the model that ${defaultVariable} names`;
    }
    // The start has already warned about this: a pull does not make the model local.
    if (allow === null && namesCloudModel(defaultModel)) return null;
    const own = withoutPrefix(OLLAMA, defaultModel) ?? defaultModel;
    return (
      `${FAILING}: the default model is not installed or cannot chat; ` +
      `run: ollama pull ${own}, or name another in ${defaultVariable}`
    );
  }
}
