import { settledWithin } from '../../../../common/settled-within.js';
import type { AppLogger } from '../../../../observability/app-logger.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { MOST_MODELS, readModels, type ListedModel } from './model-list.js';

const LIST_WITHIN_MS = 5_000;
/** How long a list is taken for what the server has. */
const FRESH_MS = 5_000;
/** How long a chat waits for a list, where an older one has its model. */
const PATIENCE_MS = 2_000;

/** The list of `GET /models`; equal requests at the same time are sent once. */
export class ListedModels {
  /** What is read now, with retries and without. */
  private readonly reading = new Map<boolean, Promise<readonly ListedModel[]>>();
  private last: { models: readonly ListedModel[]; until: number } | undefined;
  private warned = false;

  constructor(
    private readonly transport: Pick<ServerTransport, 'json'>,
    private readonly logger: AppLogger,
  ) {}

  /** @throws AppError `model_unavailable`, within five seconds */
  list(): Promise<readonly ListedModel[]> {
    return this.readOnce(false);
  }

  /**
   * A model for a chat, of a list that is some seconds old at most; of an older one while the server
   * gives none. A server that cannot be reached is tried again as a chat is.
   *
   * @throws AppError `model_unavailable` where no list has the model and there is none now
   */
  async find(model: string): Promise<ListedModel | undefined> {
    const known = this.known(model);
    if (known && this.isFresh()) return known;
    if (!known) return named(await this.readOnce(true), model);
    const models = await settledWithin(
      this.list().catch(() => undefined),
      PATIENCE_MS,
    );
    return models ? named(models, model) : known;
  }

  /** What is known may be wrong: the next chat reads the list again. */
  forget(): void {
    this.last = undefined;
  }

  private known(model: string): ListedModel | undefined {
    return this.last && named(this.last.models, model);
  }

  private isFresh(): boolean {
    return this.last !== undefined && this.last.until > performance.now();
  }

  private readOnce(retried: boolean): Promise<readonly ListedModel[]> {
    const reading =
      this.reading.get(retried) ??
      this.read(retried).finally(() => void this.reading.delete(retried));
    this.reading.set(retried, reading);
    return reading;
  }

  private async read(retried: boolean): Promise<readonly ListedModel[]> {
    const request = { method: 'GET', path: '/models', timeoutMs: LIST_WITHIN_MS, retried } as const;
    const { models, left } = await this.transport.json(request, readModels);
    if (left > 0) this.warnOnce(left);
    this.last = { models, until: performance.now() + FRESH_MS };
    return models;
  }

  private warnOnce(left: number): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(
      `Some models of the OpenAI-compatible server's list are omitted: names must have 1 to 100 characters without white space, and only the first ${String(MOST_MODELS)} models are read`,
      { left_out: left },
    );
  }
}

function named(models: readonly ListedModel[], model: string): ListedModel | undefined {
  return models.find(({ name }) => name === model);
}
