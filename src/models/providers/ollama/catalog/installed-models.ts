import { fullModelName } from '../../../../domain/model-name.js';
import type { Logger } from '../../../../observability/logger.js';
import type { OllamaTransport } from '../transport/ollama-transport.js';
import { MOST_MODELS, readTags, type TaggedModel } from './model-answers.js';

/** What `GET /api/tags` lists, asked for each time; equal questions at the same time are one. */
export class InstalledModels {
  private reading: Promise<TaggedModel[]> | undefined;
  /** Digest by name, as last listed. */
  private digests = new Map<string, string>();
  private warned = false;

  /** @param onChanged hears of a name that no longer stands for what it stood for. */
  constructor(
    private readonly transport: Pick<OllamaTransport, 'json'>,
    private readonly logger: Logger,
    private readonly onChanged: (model: string) => void,
  ) {}

  /** @throws AppError `model_unavailable` */
  list(timeoutMs: number): Promise<TaggedModel[]> {
    this.reading ??= this.read(timeoutMs).finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** The listed model of this name; undefined where there is none. */
  async find(model: string, timeoutMs: number): Promise<TaggedModel | undefined> {
    const name = fullModelName(model);
    return (await this.list(timeoutMs)).find((tag) => fullModelName(tag.name) === name);
  }

  private async read(timeoutMs: number): Promise<TaggedModel[]> {
    const answer = await this.transport.json({ method: 'GET', path: '/api/tags', timeoutMs });
    const { models, left } = readTags(answer);
    if (left > 0) this.warnOnce(left);
    this.compare(models);
    return models;
  }

  private compare(models: readonly TaggedModel[]): void {
    const digests = new Map(models.map(({ name, digest }) => [fullModelName(name), digest]));
    for (const [name, digest] of this.digests) {
      if (digests.get(name) !== digest) this.onChanged(name);
    }
    this.digests = digests;
  }

  private warnOnce(left: number): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(
      `Ollama lists models that are left out: names must have 1 to 100 characters without white ` +
        `space, and of a list the first ${String(MOST_MODELS)} models are read`,
      { left_out: left },
    );
  }
}
