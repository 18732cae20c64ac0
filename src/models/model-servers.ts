import { AppError } from '../common/errors/app-error.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../domain/model.js';
import type { AppLogger } from '../observability/app-logger.js';
import { ModelProvider, type ChatModel, type ModelIdentity } from './model-provider.js';
import { ModelRoutes, isSame, unanswered, type ModelRoute } from './model-routes.js';
import { prefixedName, withoutPrefix } from './prefixed-name.js';

const LONGEST_NAME = 100;

/**
 * Several model servers as one, or one of them that also knows its prefix. Where there is one, a name
 * without its prefix goes straight to it, and it alone decides.
 */
export class ModelServers extends ModelProvider {
  override readonly name: string;
  private readonly routes: ModelRoutes;
  /** Set where there is one server. */
  private readonly only: ModelProvider | null;
  /** The route of a profile that was resolved: a name may have moved when its model is made. */
  private readonly resolved = new WeakMap<ModelProfile, ModelRoute>();
  /** What each server listed last: the first model stays the first while its server is down. */
  private readonly lastLists = new Map<ModelProvider, ModelInfo[]>();
  private warned = false;

  /**
   * @param servers in the order in which a name is looked for; at least one
   * @param allow `MODEL_ALLOW`; a single server applies it itself
   */
  constructor(
    private readonly all: readonly [ModelProvider, ...ModelProvider[]],
    allow: readonly string[] | null,
    private readonly logger: AppLogger,
  ) {
    super();
    const [first] = all;
    this.name = first.name;
    this.only = all.length === 1 ? first : null;
    this.routes = new ModelRoutes(all, this.only ? null : allow);
  }

  override get servers(): readonly ModelProvider[] {
    return this.all;
  }

  override async names(): Promise<readonly string[]> {
    return (await this.list()).map(({ name }) => name);
  }

  override canonicalName(model: string): string {
    const identity = this.identify(model);
    return this.only ? identity.model : prefixedName(identity.provider, identity.model);
  }

  /** An unlisted name is the same model as itself only. */
  override identify(model: string): ModelIdentity {
    const route = this.now(model);
    if (!route) return { provider: this.name, model };
    return { provider: route.server.name, model: route.server.canonicalName(route.model) };
  }

  /** To the only server a name without its prefix means itself, whatever is listed. */
  override async lookUp(names: readonly string[]): Promise<void> {
    const { only, routes } = this;
    const isKnown = (name: string): boolean =>
      (only !== null && withoutPrefix(only.name, name) === null) || routes.isListed(name);
    if (!names.every(isKnown)) await routes.refresh();
  }

  /**
   * The models of the servers that answer. One whose name means another server's model is listed with
   * its prefix.
   */
  override async list(): Promise<ModelInfo[]> {
    if (this.only) {
      // What the listed names mean is known with them; both are one request to the server.
      const [list] = await Promise.all([this.only.list(), this.routes.refresh()]);
      return list;
    }
    const lists = await this.readLists();
    const failed = lists.find((list) => list.status === 'rejected');
    if (failed && lists.every(({ status }) => status === 'rejected')) throw failed.reason;
    return this.all.flatMap((server, index) => {
      const list = lists[index];
      return list?.status === 'fulfilled' ? this.shown(server, list.value) : [];
    });
  }

  override async firstModel(): Promise<string | null> {
    if (this.only) return this.only.firstModel();
    await this.readLists();
    for (const server of this.all) {
      const list = this.lastLists.get(server);
      if (!list) throw unanswered();
      const [first] = this.shown(server, list);
      if (first) return first.name;
    }
    return null;
  }

  override async resolve(model: string): Promise<ModelProfile> {
    const route = await this.find(model);
    const profile = await route.server.resolve(route.model);
    if (this.isDirect(route, model)) return profile;
    // A server may give the same profile for another name.
    const own = { ...profile };
    this.resolved.set(own, route);
    return own;
  }

  override chatModel(settings: ModelSettings, profile: ModelProfile): ChatModel {
    const { model } = settings;
    const route = this.resolved.get(profile) ?? this.now(model) ?? { server: this.all[0], model };
    return this.isDirect(route, model)
      ? route.server.chatModel(settings, profile)
      : route.server.chatModel({ ...settings, model: route.model }, profile);
  }

  override async has(model: string): Promise<boolean> {
    try {
      const route = await this.find(model);
      return await route.server.has(route.model);
    } catch (error) {
      if (error instanceof AppError && error.reason !== 'model_unavailable') return false;
      throw error;
    }
  }

  /** Throws when no server answers. */
  override async check(timeoutMs: number): Promise<void> {
    const checks = await Promise.allSettled(this.all.map((server) => server.check(timeoutMs)));
    const failed = checks.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected' && checks.every(({ status }) => status === 'rejected')) {
      throw failed.reason;
    }
  }

  override close(): void {
    for (const server of this.all) server.close();
  }

  private async find(model: string): Promise<ModelRoute> {
    const { only } = this;
    if (!only) return this.routes.find(model);
    if (withoutPrefix(only.name, model) === null) return { server: only, model };
    if (!this.routes.now(model)) await this.routes.refresh();
    return this.routes.now(model) ?? { server: only, model };
  }

  private now(model: string): ModelRoute | undefined {
    const { only } = this;
    if (!only) return this.routes.now(model);
    const direct = { server: only, model };
    return withoutPrefix(only.name, model) === null ? direct : (this.routes.now(model) ?? direct);
  }

  /** Whether the only server is asked by the very name. */
  private isDirect(route: ModelRoute, model: string): boolean {
    return this.only !== null && route.model === model;
  }

  private async readLists(): Promise<PromiseSettledResult<ModelInfo[]>[]> {
    const read = async (server: ModelProvider): Promise<ModelInfo[]> => {
      const list = await server.list();
      this.lastLists.set(server, list);
      return list;
    };
    const [lists] = await Promise.all([
      Promise.allSettled(this.all.map(read)),
      this.routes.refresh(),
    ]);
    return lists;
  }

  /** Those that are allowed, with the names that mean them. */
  private shown(server: ModelProvider, models: readonly ModelInfo[]): ModelInfo[] {
    return models.flatMap((info) => {
      const own = { server, model: info.name };
      if (!this.routes.isAllowed(own)) return [];
      const name = [info.name, prefixedName(server.name, info.name)].find((candidate) => {
        const route = this.routes.now(candidate);
        return route !== undefined && isSame(route, own);
      });
      if (name !== undefined && [...name].length <= LONGEST_NAME) return [{ ...info, name }];
      this.warnOnce(server);
      return [];
    });
  }

  private warnOnce({ name }: ModelProvider): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(
      'A model is not listed, since its name means a model of another server, and with its prefix it is longer than 100 characters or means another model, too',
      { provider: name },
    );
  }
}
