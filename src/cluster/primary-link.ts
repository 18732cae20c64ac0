import cluster from 'node:cluster';
import { onStopSignals } from '../common/lifecycle/stop-signals.js';

import { deepFreeze, type Settings } from '../config/settings.js';
import type { LogFields } from '../observability/logger.js';
import { isToWorker, type FromWorker, type Order } from './messages.js';

/** @param why - for the log */
type OrderListener = (order: Order, why: LogFields) => void;

/**
 * A worker's line to the primary process, which alone decides when it ends. A signal that reaches a
 * worker is passed on: in a terminal, and from some service managers, all processes get the same
 * one, and only the primary can tell that from one meant for a single worker.
 */
export class PrimaryLink {
  private constructor(
    /** Which worker this is; none has the number of one before it. */
    readonly number: number,
    readonly settings: Settings,
    private onOrder: OrderListener,
  ) {
    process.on('message', (message: unknown) => {
      if (!isToWorker(message) || message.kind !== 'order') return;
      this.onOrder(message.order, message.why);
    });
    onStopSignals(settings.log, {
      begin: () => tell({ kind: 'signalled' }),
      atOnce: () => process.exit(1),
    });
    outlivePrimary(() => this.onOrder('leave', { cause: 'primary_ended' }));
  }

  /** Gets the settings that all workers share, whatever became of their files. */
  static async open(): Promise<PrimaryLink> {
    // What cannot be sent any more: the primary is gone, which is told apart from this.
    process.on('error', () => undefined);
    const settings = await askForSettings();
    // Nothing has begun that would have to end well.
    return new PrimaryLink(cluster.worker?.id ?? 0, deepFreeze(settings), () => process.exit(0));
  }

  /** Who ends this process from now on, when the primary says so or is gone. */
  obey(listener: OrderListener): void {
    this.onOrder = listener;
  }

  listening(url: string): void {
    tell({ kind: 'listening', url });
  }
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function askForSettings(): Promise<Settings> {
  return new Promise((resolve) => {
    const onMessage = (message: unknown): void => {
      if (!isToWorker(message) || message.kind !== 'settings') return;
      process.off('message', onMessage);
      resolve(message.settings);
    };
    process.on('message', onMessage);
    tell({ kind: 'hello' });
  });
}

/** Node ends a worker whose primary is gone at once, unless its leaving was meant. */
function outlivePrimary(onGone: () => void): void {
  const { worker } = cluster;
  worker?.on('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    onGone();
  });
}
