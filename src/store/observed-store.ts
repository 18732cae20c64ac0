import type { Meter } from '../observability/meter.js';
import type { Tracing } from '../observability/tracing.js';
import { Store, type SignalListener } from './store.js';
import { observedPort, type Observe } from './observed-port.js';

/**
 * The store of the settings, with the duration of each operation of its ports reported. A request that a
 * trace follows has a span for each.
 */
export class ObservedStore extends Store {
  readonly shared: boolean;
  readonly conversations: Store['conversations'];
  readonly generations: Store['generations'];
  readonly coordination: Store['coordination'];
  readonly calibrations: Store['calibrations'];
  readonly images: Store['images'];
  readonly changes: Store['changes'];
  readonly idle: Store['idle'];
  readonly keys: Store['keys'];
  readonly usage: Store['usage'];
  override readonly requestCounter: Store['requestCounter'];
  override readonly transfer: Store['transfer'];
  override readonly erasure: Store['erasure'];
  private readonly observe: Observe;

  constructor(
    private readonly store: Store,
    meter: Meter,
    tracing: Tracing | null,
  ) {
    super();
    this.observe = observer(meter, tracing);
    this.shared = store.shared;
    this.conversations = observedPort(store.conversations, this.observe);
    this.generations = observedPort(store.generations, this.observe);
    this.coordination = observedPort(store.coordination, this.observe);
    this.calibrations = observedPort(store.calibrations, this.observe);
    this.images = observedPort(store.images, this.observe);
    this.changes = observedPort(store.changes, this.observe);
    this.idle = observedPort(store.idle, this.observe);
    this.keys = observedPort(store.keys, this.observe);
    this.usage = observedPort(store.usage, this.observe);
    this.requestCounter = store.requestCounter && observedPort(store.requestCounter, this.observe);
    this.transfer = store.transfer;
    this.erasure = store.erasure;
    meter.gauges({
      idleConnections: () => store.connections().idle,
      usedConnections: () => store.connections().used,
    });
  }

  override open(): Promise<void> {
    return this.observe('open', () => this.store.open());
  }

  override ping(): Promise<void> {
    return this.observe('ping', () => this.store.ping());
  }

  override close(): Promise<void> {
    return this.store.close();
  }

  override connections() {
    return this.store.connections();
  }

  override onSignal(listener: SignalListener): void {
    this.store.onSignal(listener);
  }
}

function observer(meter: Meter, tracing: Tracing | null): Observe {
  const timed: Observe = async (operation, run) => {
    const startedAt = performance.now();
    try {
      return await run();
    } finally {
      meter.storeOperation(operation, (performance.now() - startedAt) / 1000);
    }
  };
  if (tracing === null) return timed;
  return (operation, run) => tracing.storeOperation(operation, () => timed(operation, run));
}
