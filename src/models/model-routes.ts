import { AppError } from '../common/errors/app-error.js';
import { isModelName } from '../domain/model-name.js';
import { KnownNames } from './known-names.js';
import type { ModelProvider } from './model-provider.js';
import { withoutPrefix } from './prefixed-name.js';
import { invalidName, modelNotAllowed, modelNotFound } from './model-errors.js';

/** Which server answers a model, and the name by which that server knows it. */
export interface ModelRoute {
  readonly server: ModelProvider;
  readonly model: string;
}

/**
 * What the names of several servers mean: a listed name is that model, of the first server that lists it;
 * else a prefix decides. A name keeps its meaning while its server does not answer.
 */
export class ModelRoutes {
  private readonly known: readonly KnownNames[];

  /** @param allow `MODEL_ALLOW`: its names count as listed, and all others are refused; null: no limit */
  constructor(
    private readonly servers: readonly ModelProvider[],
    private readonly allow: readonly string[] | null,
  ) {
    this.known = servers.map((server) => new KnownNames(server));
  }

  /**
   * The route of a name, from the known lists if one has it, else from lists that are read now.
   *
   * Throws `validation` for what is no name, `model_not_found` for one that no server has or that is not
   * allowed, `model_unavailable` for one that a server may have that cannot be asked.
   */
  async find(name: string): Promise<ModelRoute> {
    if (!isModelName(name)) throw invalidName();
    const route = this.now(name) ?? (await this.lookedUp(name));
    if (!route) throw this.unlisted(name);
    if (!this.isAllowed(route)) throw modelNotAllowed();
    return route;
  }

  /** The route of a name by what is known now; undefined for an unlisted one. */
  now(name: string): ModelRoute | undefined {
    for (const known of this.known) known.refreshIfOld();
    return this.listed(name) ?? this.prefixed(name) ?? this.namedByAllow(name);
  }

  /** Whether a list that was read has the model that this name means. */
  isListed(name: string): boolean {
    return (this.listed(name) ?? this.prefixed(name)) !== undefined;
  }

  /** Reads the lists of all servers; does not reject if one does not answer. */
  async refresh(): Promise<void> {
    await Promise.all(this.known.map((known) => known.refresh()));
  }

  /** Whether `MODEL_ALLOW` lets this model through: one of its names means it. */
  isAllowed(route: ModelRoute): boolean {
    return (
      this.allow === null ||
      this.allow.some((name) => {
        const allowed = this.now(name);
        return allowed !== undefined && isSame(allowed, route);
      })
    );
  }

  private async lookedUp(name: string): Promise<ModelRoute | undefined> {
    await this.refresh();
    return this.now(name);
  }

  private listed(name: string): ModelRoute | undefined {
    const known = this.known.find((each) => each.has(name));
    return known && { server: known.server, model: name };
  }

  private prefixed(name: string): ModelRoute | undefined {
    const prefix = this.ofPrefix(name);
    return prefix?.known.has(prefix.model)
      ? { server: prefix.known.server, model: prefix.model }
      : undefined;
  }

  /** Some servers have models that they do not list. */
  private namedByAllow(name: string): ModelRoute | undefined {
    if (!this.allow?.includes(name)) return undefined;
    const prefix = this.ofPrefix(name);
    if (prefix) return { server: prefix.known.server, model: prefix.model };
    const [first] = this.servers;
    const isKnown = this.known.every(({ hasAnswered }) => hasAnswered);
    return isKnown && first ? { server: first, model: name } : undefined;
  }

  private ofPrefix(name: string): { known: KnownNames; model: string } | undefined {
    for (const known of this.known) {
      const model = withoutPrefix(known.server.name, name);
      if (model !== null) return { known, model };
    }
    return undefined;
  }

  private unlisted(name: string): AppError {
    const isUnasked = this.known.some(({ hasAnswered }) => !hasAnswered);
    const ofServer = this.ofPrefix(name)?.known;
    return isUnasked || ofServer?.isDown ? unanswered() : modelNotFound();
  }
}

/** Whether both are the same model. */
export function isSame(a: ModelRoute, b: ModelRoute): boolean {
  return (
    a.server === b.server && a.server.canonicalName(a.model) === b.server.canonicalName(b.model)
  );
}

/** No server that answers has the model, and one that does not answer may have it. */
export function unanswered(): AppError {
  return new AppError(
    'model_unavailable',
    'A model server does not answer, and no other one has this model; try again',
  );
}
