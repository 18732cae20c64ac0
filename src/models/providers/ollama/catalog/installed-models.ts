import { fullModelName } from '../../../../domain/model-name.js';
import type { AppLogger } from '../../../../observability/app-logger.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { contentOf, MOST_MODELS, readTags, type TaggedModel } from './model-answers.js';

const LIST_WITHIN_MS = 5_000;

/** The list of `GET /api/tags`, requested each time; equal requests at the same time are sent once. */
export class InstalledModels {
  private reading: Promise<TaggedModel[]> | undefined;
  /** Content by name, from the last list. */
  private contents = new Map<string, string>();
  /**
   * Names of models that Ollama forwards to another host, from the last list; null before the first
   * list.
   */
  private remotes: ReadonlySet<string> | null = null;
  private warned = false;

  /** @param onChanged called with a name whose model was changed or removed */
  constructor(
    private readonly transport: Pick<ServerTransport, 'json'>,
    private readonly logger: AppLogger,
    private readonly onChanged: (model: string) => void,
  ) {}

  /** @throws AppError `model_unavailable`, within five seconds */
  list(): Promise<TaggedModel[]> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** The listed model of this name; undefined if there is none. Throws as `list` does. */
  async find(model: string): Promise<TaggedModel | undefined> {
    const name = fullModelName(model);
    return (await this.list()).find((tag) => fullModelName(tag.name) === name);
  }

  /**
   * Whether Ollama forwards this model to another host, according to the last list; null: no list
   * yet.
   */
  isRemote(model: string): boolean | null {
    return this.remotes?.has(fullModelName(model)) ?? null;
  }

  private async read(): Promise<TaggedModel[]> {
    const request = { method: 'GET', path: '/api/tags', timeoutMs: LIST_WITHIN_MS } as const;
    const { models, left } = await this.transport.json(request, readTags);
    if (left > 0) this.warnOnce(left);
    this.remember(models);
    return models;
  }

  private remember(models: readonly TaggedModel[]): void {
    const named = models.map((tag) => ({ name: fullModelName(tag.name), tag }));
    this.remotes = new Set(named.filter(({ tag }) => tag.remote).map(({ name }) => name));
    const contents = new Map(named.map(({ name, tag }) => [name, contentOf(tag)]));
    for (const [name, content] of this.contents) {
      if (contents.get(name) !== content) this.onChanged(name);
    }
    this.contents = contents;
  }

  private warnOnce(left: number): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(
      `Some models of Ollama's list are omitted: names must have 1 to 100 characters without white space, and only the first ${String(MOST_MODELS)} models are read`,
      { left_out: left },
    );
  }
}
