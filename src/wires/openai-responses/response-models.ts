import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { modelsConfig } from '../../config/namespaces.js';
import { DefaultModel } from '../../models/default-model.js';
import { ModelProvider } from '../../models/model-provider.js';

/** What this wire asks about models before an answer begins. */
@Injectable()
export class ResponseModels {
  constructor(
    private readonly provider: ModelProvider,
    private readonly defaultModel: DefaultModel,
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
  ) {}

  /** The tokens that an answer may have where nobody says how many. */
  get usualAnswer(): number {
    return this.settings.defaultMaxTokens;
  }

  /** Throws `model_not_found`, `model_unavailable`. */
  async assertKnown(model: string | null): Promise<void> {
    await this.provider.resolve(model ?? (await this.defaultModel.name()));
  }
}
