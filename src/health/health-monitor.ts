import {
  Injectable,
  type OnApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { settledWithin } from '../common/settled-within.js';
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
  readonly modelServer: ModelServerState;
  /** `unknown` while the model server is down. */
  readonly defaultModel: DefaultModelState;
}

/** Watches the dependencies in the background, from the start to the shutdown. */
@Injectable()
export class HealthMonitor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly store: BackgroundCheck<StoreState>;
  private readonly modelServer: BackgroundCheck<ModelServerState>;
  private readonly defaultModel: BackgroundCheck<DefaultModelState>;

  constructor(
    store: StoreIndicator,
    modelServer: ModelServerIndicator,
    defaultModel: DefaultModelIndicator,
    logger: AppLogger,
    meter: Meter,
  ) {
    this.store = new BackgroundCheck(store, logger);
    this.modelServer = new BackgroundCheck(modelServer, logger);
    this.defaultModel = new BackgroundCheck(defaultModel, logger);
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
    const modelServer = this.modelServer.state;
    return {
      store: this.store.state,
      modelServer,
      defaultModel: modelServer === 'up' ? this.defaultModel.state : 'unknown',
    };
  }

  private checks(): { start(): void; stop(): void; first(): Promise<void> }[] {
    return [this.store, this.modelServer, this.defaultModel];
  }
}
