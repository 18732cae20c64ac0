import { AppError } from '../../src/common/errors/app-error.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../../src/domain/model.js';
import { modelNotFound } from '../../src/models/model-errors.js';
import { ModelProvider, type ChatModel } from '../../src/models/model-provider.js';

const unavailable = (): AppError => new AppError('model_unavailable', 'It does not answer');

/** A model server in memory, which tells what it was asked. */
export class ScriptedServer extends ModelProvider {
  isUp = true;
  /** Names of the models that were resolved. */
  readonly resolved: string[] = [];
  /** Names of the models that were made. */
  readonly made: string[] = [];
  /** How often its list was read. */
  lists = 0;
  isClosed = false;

  /** @param canonical how it compares names; exactly by default */
  constructor(
    override readonly name: string,
    readonly models: string[],
    private readonly canonical: (name: string) => string = (name) => name,
  ) {
    super();
  }

  override async names(): Promise<string[]> {
    this.lists += 1;
    this.answer();
    return [...this.models];
  }

  override canonicalName(model: string): string {
    return this.canonical(model);
  }

  override async list(): Promise<ModelInfo[]> {
    return (await this.names()).map((name) => ({
      name,
      provider: this.name,
      modifiedAt: new Date(0).toISOString(),
      sizeBytes: null,
      family: null,
      parameterSize: null,
      quantization: null,
      contextLength: null,
      capabilities: null,
    }));
  }

  override async resolve(model: string): Promise<ModelProfile> {
    this.resolved.push(model);
    this.answer();
    if (!this.hasModel(model)) throw modelNotFound();
    return { contextTokens: 4096, stop: [], vocabulary: 'large', capabilities: null };
  }

  override chatModel({ model }: ModelSettings): ChatModel {
    this.made.push(model);
    return { streamTokens: () => Promise.reject(unavailable()) };
  }

  override async has(model: string): Promise<boolean> {
    this.answer();
    return this.hasModel(model);
  }

  override async check(): Promise<void> {
    this.answer();
  }

  override close(): void {
    this.isClosed = true;
  }

  private hasModel(model: string): boolean {
    return this.models.some((name) => this.canonical(name) === this.canonical(model));
  }

  private answer(): void {
    if (!this.isUp) throw unavailable();
  }
}
