import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { modelsConfig } from '../config/namespaces.js';
import type { ModelInfo } from '../domain/model.js';
import { fullModelName, isPermitted } from '../domain/model-name.js';
import type { ModelDefaults } from '../domain/model-parameters.js';
import { ModelProvider } from './model-provider.js';

/** The models that a chat may name. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly provider: ModelProvider,
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
  ) {}

  /**
   * @param permitted the models that the client may use; null for all
   * @throws AppError `model_unavailable` when the provider cannot be reached.
   */
  async list(
    permitted: readonly string[] | null,
  ): Promise<{ models: ModelInfo[]; defaultModel: string }> {
    const all = await this.provider.list();
    const models = all.filter(({ name }) => isPermitted(permitted, name));
    return { models, defaultModel: this.settings.default };
  }

  /** What the operator set for a model; null for nothing. */
  defaultsOf({ name }: ModelInfo): ModelDefaults | null {
    return this.settings.defaults.get(fullModelName(name)) ?? null;
  }
}
