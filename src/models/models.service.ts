import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { modelsConfig } from '../config/namespaces.js';
import type { ModelInfo } from '../domain/model.js';
import { fullModelName } from '../domain/model-name.js';
import type { ModelDefaults } from '../domain/model-parameters.js';
import { DefaultModel } from './default-model.js';
import { isPermitted } from './permitted-models.js';
import { ModelProvider } from './model-provider.js';

/** The models that a chat may name. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly provider: ModelProvider,
    private readonly defaultModel: DefaultModel,
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
  ) {}

  /**
   * @param permitted the models that the client may use; null for all
   * @throws AppError `model_unavailable` when the provider cannot be reached.
   */
  async list(
    permitted: readonly string[] | null,
  ): Promise<{ models: ModelInfo[]; defaultModel: string | null }> {
    const all = await this.provider.list();
    const models = all.filter(({ name }) => isPermitted(this.provider, permitted, name));
    // Without a configured one and with a server that does not answer, nothing is the default yet.
    const defaultModel = await this.defaultModel.name().catch(() => null);
    return { models, defaultModel };
  }

  /** What the operator set for a model; null for nothing. */
  defaultsOf({ name }: ModelInfo): ModelDefaults | null {
    return this.settings.defaults.get(fullModelName(name)) ?? null;
  }
}
