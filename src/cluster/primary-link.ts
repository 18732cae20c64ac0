import cluster from 'node:cluster';
import { onStopSignals } from '../common/lifecycle/stop-signals.js';

import { deepFreeze, type Settings } from '../config/settings.js';
import type { LogFields } from '../observability/app-logger.js';
import type { MetricSnapshot } from '../observability/metric-snapshot.js';
import { isToWorker, type FromWorker, type Command } from './messages.js';

/** @param why - for the log */
type CommandListener = (command: Command, why: LogFields) => void;

/**
 * A worker's channel to the primary process, which decides when it ends. A worker forwards its
 * signals to the primary: in a terminal, and from some service managers, all processes get the same
 * one, and only the primary can distinguish that from one meant for a single worker.
 */
export class PrimaryLink {
  private constructor(
    /** The worker's number; numbers are not reused. */
    readonly number: number,
    readonly settings: Settings,
    private listener: CommandListener,
  ) {
    process.on('message', (message: unknown) => {
      if (!isToWorker(message) || message.kind !== 'command') return;
      this.listener(message.command, message.why);
    });
    onStopSignals(settings.log, {
      begin: () => send({ kind: 'signalled' }),
      atOnce: () => process.exit(1),
    });
    detachFromPrimary(() => this.listener('leave', { cause: 'primary_ended' }));
  }

  /** Gets the settings from the primary: all workers have the same ones, even if the files changed. */
  static async open(): Promise<PrimaryLink> {
    // Messages that cannot be sent: the primary has exited, which `disconnect` reports.
    process.on('error', () => undefined);
    const settings = await askForSettings();
    // Nothing has started yet that would have to be shut down.
    return new PrimaryLink(cluster.worker?.id ?? 0, deepFreeze(settings), () => process.exit(0));
  }

  /** Sets the listener for the end of this process: the primary requests it, or has exited. */
  onCommand(listener: CommandListener): void {
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
