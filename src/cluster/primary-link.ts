import cluster from 'node:cluster';
import { onStopSignals } from '../common/lifecycle/stop-signals.js';

import { deepFreeze, type Settings } from '../config/settings.js';
import type { LogFields } from '../observability/app-logger.js';
import type { MetricSnapshot } from '../observability/metric-snapshot.js';
import { isToWorker, type FromWorker, type Command } from './messages.js';

/** What the primary tells a worker that has started. */
export interface PrimaryListener {
  /** To end; also when the primary has exited. @param why - for the log */
  onCommand(command: Command, why: LogFields): void;
  /** Another worker died. */
  onSiblingDeath(): void;
}

/** Nothing has started yet that would have to be shut down. */
const STARTING: PrimaryListener = {
  onCommand: () => process.exit(0),
  onSiblingDeath: () => undefined,
};

/**
 * A worker's channel to the primary process, which decides when it ends. A worker forwards its
 * signals to the primary: in a terminal, and from some service managers, all processes get the same
 * one, and only the primary can distinguish that from one meant for a single worker.
 */
export class PrimaryLink {
  private listener = STARTING;

  private constructor(
    /** The worker's number; numbers are not reused. */
    readonly number: number,
    readonly settings: Settings,
  ) {
    process.on('message', (message: unknown) => {
      if (!isToWorker(message)) return;
      if (message.kind === 'command') this.listener.onCommand(message.command, message.why);
      if (message.kind === 'sibling_died') this.listener.onSiblingDeath();
    });
    onStopSignals(settings.log, {
      begin: () => send({ kind: 'signalled' }),
      atOnce: () => process.exit(1),
    });
    detachFromPrimary(() => this.listener.onCommand('leave', { cause: 'primary_ended' }));
  }

  /** Gets the settings from the primary: all workers have the same ones, even if the files changed. */
  static async open(): Promise<PrimaryLink> {
    // Messages that cannot be sent: the primary has exited, which `disconnect` reports.
    process.on('error', () => undefined);
    const settings = await askForSettings();
    return new PrimaryLink(cluster.worker?.id ?? 0, deepFreeze(settings));
  }

  /** From now on `listener` is told. */
  listen(listener: PrimaryListener): void {
    this.listener = listener;
  }

  /** Answers the primary's questions for the metrics of this process. */
  onMetricsAsked(snapshot: () => Promise<MetricSnapshot>): void {
    process.on('message', (message: unknown) => {
      if (!isToWorker(message) || message.kind !== 'metrics') return;
      const { question } = message;
      // Without an answer the primary uses the last one.
      void snapshot()
        .then((read) => send({ kind: 'metrics', question, snapshot: read }))
        .catch(() => undefined);
    });
  }

  listening(url: string): void {
    send({ kind: 'listening', url });
  }
}

function send(message: FromWorker): void {
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
    send({ kind: 'hello' });
  });
}

/**
 * Node ends a worker whose primary has exited at once, unless the worker disconnected on purpose.
 */
function detachFromPrimary(onPrimaryExit: () => void): void {
  const { worker } = cluster;
  worker?.on('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    onPrimaryExit();
  });
}
