import {
  Injectable,
  type OnApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { settledWithin } from '../common/settled-within.js';
import { ModelProvider } from '../models/model-provider.js';
import { AppLogger } from '../observability/app-logger.js';
import { Meter } from '../observability/meter.js';
import { BackgroundCheck } from './background-check.js';
import {
  DefaultModelIndicator,
  type DefaultModelState,
} from './indicators/default-model.indicator.js';
import {
  ModelServerIndicator,
  type ModelServerState,
} from './indicators/model-server.indicator.js';
import { StoreIndicator, type StoreState } from './indicators/store.indicator.js';

/** How long a probe waits for the first round; later probes do not wait. */
const FIRST_ROUND_MS = 300;

/** States of the dependencies, from the last background check. */
export interface DependencyStates {
  readonly store: StoreState;
  /** By the names of the configured model servers, in their order. */
  readonly modelServers: Readonly<Record<string, ModelServerState>>;
  /** `unknown` while its model server is down. */
  readonly defaultModel: DefaultModelState;
}

/** Watches the dependencies in the background, from the start to the shutdown. */
@Injectable()
export class HealthMonitor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly store: BackgroundCheck<StoreState>;
  private readonly modelServers: ReadonlyMap<string, BackgroundCheck<ModelServerState>>;
  private readonly defaultModel: BackgroundCheck<DefaultModelState>;

  constructor(
    store: StoreIndicator,
    models: ModelProvider,
    private readonly defaultModelIndicator: DefaultModelIndicator,
    logger: AppLogger,
    meter: Meter,
  ) {
    this.store = new BackgroundCheck(store, logger);
    this.modelServers = new Map(
      models.servers.map((server) => [
        server.name,
        new BackgroundCheck(new ModelServerIndicator(server), logger),
      ]),
    );
    this.defaultModel = new BackgroundCheck(defaultModelIndicator, logger);
    meter.gauges({ storeUp: () => (this.store.state === 'up' ? 1 : 0) });
  }

  /** Does not wait: the service listens even if its database or model server is unreachable. */
  onApplicationBootstrap(): void {
    for (const check of this.checks()) check.start();
  }

  onApplicationShutdown(): void {
    for (const check of this.checks()) check.stop();
  }

  /** The last known states, within 300 ms even before the first round is over. */
  async states(): Promise<DependencyStates> {
    await settledWithin(Promise.all(this.checks().map((check) => check.first())), FIRST_ROUND_MS);
    const servers = [...this.modelServers].map(([name, { state }]) => [name, state] as const);
    return {
      store: this.store.state,
      modelServers: Object.fromEntries(servers),
      defaultModel: this.defaultModelState(),
    };
  }

  private defaultModelState(): DefaultModelState {
    const { server } = this.defaultModelIndicator;
    const ofServer = server === null ? undefined : this.modelServers.get(server);
    return ofServer?.state === 'down' ? 'unknown' : this.defaultModel.state;
  }

  private checks(): { start(): void; stop(): void; first(): Promise<void> }[] {
    return [this.store, ...this.modelServers.values(), this.defaultModel];
  }
}
