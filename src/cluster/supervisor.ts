import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { onStopSignals } from '../common/lifecycle/stop-signals.js';
import type { Settings } from '../config/settings.js';
import type { AppLogger, LogFields } from '../observability/app-logger.js';
import { closeWithWorker } from './handover.js';
import { isFromWorker, type FromWorker, type Command, type ToWorker } from './messages.js';
import { RestartPolicy } from './restart-policy.js';
import { metricsOf } from './worker-metrics.js';
import { UnwatchedWorkers, type WorkerWatch } from './worker-watch.js';

const WORKER = fileURLToPath(new URL('../worker.js', import.meta.url));
/** A signal that was sent to all processes reaches the primary within this time. */
const GROUP_SIGNAL_MS = 200;
/** A worker that has not exited after this time is killed. */
const KILL_AFTER_MS = 15_000;

interface Member {
  readonly worker: Worker;
  readonly facts: LogFields;
  state: 'starting' | 'listening' | 'leaving';
  url: string;
}

/**
 * The primary process: starts `API_WORKERS` workers on one port, replaces those that die, and ends
 * them with the service. It serves nothing and has no connection to the store. The first worker
 * starts before the others: it migrates, and a failure to start is reported once.
 */
export class Supervisor {
  private readonly members = new Set<Member>();
  private readonly restarts = new RestartPolicy();
  private readonly timers = new Set<NodeJS.Timeout>();
  private exitCode: number | null = null;
  private hasStartedAll = false;
  private loggedUrl = '';

  constructor(
    private readonly settings: Settings,
    private readonly logger: AppLogger,
    private readonly watch: WorkerWatch = new UnwatchedWorkers(),
  ) {}

  start(): void {
    cluster.setupPrimary({ exec: WORKER, serialization: 'advanced' });
    onStopSignals(this.settings.log, {
      begin: (signal) => this.onSignal(signal),
      atOnce: () => {
        this.killAll();
        process.exit(1);
      },
    });
    this.fork();
  }

  private fork(): void {
    const worker = cluster.fork();
    closeWithWorker(worker);
    const facts = { worker: worker.id, worker_pid: worker.process.pid };
    const member: Member = { worker, facts, state: 'starting', url: '' };
    this.members.add(member);
    worker.on('message', (message: unknown) => {
      if (isFromWorker(message)) this.onMessage(member, message);
    });
    worker.on('error', () => {
      // Messages to a worker that has just died are lost; one that was never started does not exit.
      if (worker.process.pid === undefined) this.onExit(member, null, null);
    });
    worker.on('exit', (code: number | null, signal: string | null) =>
      this.onExit(member, code, signal),
    );
    this.logger.info('Worker started', facts);
  }

  private onMessage(member: Member, message: FromWorker): void {
    switch (message.kind) {
      case 'hello':
        send(member, { kind: 'settings', settings: this.settings });
        return;
      case 'listening':
        this.onListening(member, message.url);
        return;
      case 'signalled':
        this.after(GROUP_SIGNAL_MS, () => this.replace(member));
        return;
      case 'metrics':
      // Whoever asked gets it.
    }
  }

  private onListening(member: Member, url: string): void {
    const { workers } = this.settings.api;
    member.state = 'listening';
    member.url = url;
    this.watch.joined(member.worker.id, metricsOf(member.worker));
    this.logger.info('Worker listens', member.facts);
    if (this.exitCode === null) this.forkOthers();
    const listening = [...this.members].filter(({ state }) => state === 'listening');
    if (listening.length < workers || this.loggedUrl === url) return;
    this.loggedUrl = url;
    const { kind: storage } = this.settings.history.storage;
    this.logger.info('Listening', { url, storage, workers });
  }

  private forkOthers(): void {
    if (this.hasStartedAll) return;
    this.hasStartedAll = true;
    for (let count = 1; count < this.settings.api.workers; count += 1) this.fork();
  }

  /**
   * The signal was for one worker, not for the service: another worker replaces it while it drains.
   */
  private replace(member: Member): void {
    if (this.exitCode !== null || member.state === 'leaving' || !this.members.has(member)) return;
    member.state = 'leaving';
    this.logger.info('Worker leaves', member.facts);
    sendCommand(member, 'leave', { cause: 'signal_to_worker' });
    this.fork();
  }

  private onExit(member: Member, code: number | null, signal: string | null): void {
    if (!this.members.delete(member)) return;
    const facts = { ...member.facts, code, signal };
    const isAsked = this.exitCode !== null || member.state === 'leaving';
    this.watch.left(member.worker.id, !isAsked);
    if (isAsked) {
      this.logger.info('Worker stopped', facts);
      if (this.exitCode === 0 && member.state !== 'starting' && code !== 0) this.exitCode = 1;
      this.exitWhenEmpty();
    } else if (member.state === 'starting' && code !== null && code !== 0) {
      this.giveUp('A worker could not start, so the service stops', facts);
    } else {
      this.restart(facts);
    }
  }

  private restart(facts: LogFields): void {
    this.logger.error('Worker died', facts);
    for (const member of this.members) send(member, { kind: 'sibling_died' });
    const pauseMs = this.restarts.nextDelayMs();
    if (pauseMs === null) this.giveUp('Five workers died within a minute, so the service stops');
    else this.after(pauseMs, () => this.fork());
  }

  private giveUp(reason: string, facts: LogFields = {}): void {
    this.logger.fatal(reason, facts);
    this.end(1, { cause: 'worker_failed' });
  }

  private onSignal(signal: NodeJS.Signals): void {
    if (this.exitCode !== null) return;
    this.logger.info('Shutting down', { signal });
    this.end(0, { signal });
  }

  private end(exitCode: number, why: LogFields): void {
    this.exitCode = exitCode;
    for (const timer of this.timers) clearTimeout(timer);
    for (const member of this.members) sendCommand(member, 'stop', why);
    const { delayMs, drainMs } = this.settings.shutdown;
    this.after(delayMs + drainMs + KILL_AFTER_MS, () => {
      this.logger.error('Workers did not end in time and are killed');
      this.killAll();
    });
    this.exitWhenEmpty();
  }

  private exitWhenEmpty(): void {
    if (this.exitCode === null || this.members.size > 0) return;
    this.logger.info('Stopped');
    process.exit(this.exitCode);
  }

  private killAll(): void {
    for (const { worker } of this.members) worker.process.kill('SIGKILL');
  }

  private after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}

function sendCommand(member: Member, command: Command, why: LogFields): void {
  send(member, { kind: 'command', command, why });
}

function send({ worker }: Member, message: ToWorker): void {
  if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => undefined);
}
