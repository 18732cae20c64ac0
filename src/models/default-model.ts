import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError } from '../common/errors/app-error.js';
import { modelsConfig } from '../config/namespaces.js';
import { ModelProvider } from './model-provider.js';

/** A list that is older is read again in the background. */
const FRESH_MS = 3_000;

/** The model of requests that name none: the configured one, else the first model listed. */
@Injectable()
export class DefaultModel {
  private first: string | null = null;
  private readAt = -Infinity;
  private reading: Promise<string | null> | undefined;

  constructor(
    private readonly provider: ModelProvider,
    @Inject(modelsConfig.KEY) private readonly settings: ConfigType<typeof modelsConfig>,
  ) {}

  /** Its name by what is known now; null while no list has been read. */
  get known(): string | null {
    return this.settings.default ?? this.first;
  }

  /**
   * Throws `model_unavailable` while a server that may have the first model has never answered,
   * `model_not_found` where no server has a model.
   */
  async name(): Promise<string> {
    const { known } = this;
    if (known === null) return this.asListed(await this.read());
    if (this.settings.default === null && performance.now() - this.readAt > FRESH_MS) {
      this.read().catch(() => undefined);
    }
    return known;
  }

  private asListed(first: string | null): string {
    if (first !== null) return first;
    throw new AppError('model_not_found', 'No model server has a model; name one in "model"');
  }

  private read(): Promise<string | null> {
    this.readAt = performance.now();
    this.reading ??= this.readFirst().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readFirst(): Promise<string | null> {
    this.first = await this.provider.firstModel();
    return this.first;
  }
}
