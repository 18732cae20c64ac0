import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { ModelInfo, ModelProfile } from '../../domain/model.js';
import { ModelProvider } from '../../models/model-provider.js';
import { isPermitted, isPermittedByLists, isSameModel } from '../../models/permitted-models.js';

/** The models that this service offers, as Ollama's clients look for them. */
@Injectable()
export class OllamaModels {
  constructor(private readonly provider: ModelProvider) {}

  /** @param permitted those that the client may use; null for all */
  async list(permitted: readonly string[] | null): Promise<ModelInfo[]> {
    const all = await this.provider.list();
    return all.filter(({ name }) => isPermitted(this.provider, permitted, name));
  }

  /** Throws `model_not_found`, `validation` for what is no name of a model that chats. */
  async find(
    name: string,
    permitted: readonly string[] | null,
  ): Promise<{ model: ModelInfo; profile: ModelProfile }> {
    const profile = await this.usable(name, permitted);
    const model = (await this.list(permitted)).find(({ name: listed }) =>
      isSameModel(this.provider, listed, name),
    );
    if (!model) throw notFound();
    return { model, profile };
  }

  /** Throws like `find` for a model that a client cannot use. */
  async usable(name: string, permitted: readonly string[] | null): Promise<ModelProfile> {
    if (!(await isPermittedByLists(this.provider, permitted, name))) throw notFound();
    return this.provider.resolve(name);
  }
}

function notFound(): AppError {
  return new AppError('model_not_found', 'Model not found');
}
