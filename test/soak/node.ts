import { ServiceProcess, type LogLine } from '../support/service-process.js';
import { freePort } from '../support/free-port.js';

/** A worker process, or the only process of a node. */
export interface Worker {
  pid: number;
  /** Of the node, for people. */
  name: string;
}

/** When something was taken from a node, on the clock of `Date.now()`, and when it had it again. */
export interface Outage {
  port: number;
  from: number;
  until: number;
}

/** A node of the service behind the proxy: a primary with workers, or one process. */
export class Node {
  /** Those that were killed, and how long the node missed them. */
  readonly outages: Outage[] = [];
  /** Of processes that have ended. */
  private readonly logs: LogLine[][] = [];
  private service: ServiceProcess | null = null;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly workers: number,
    private readonly env: Record<string, string>,
  ) {}

  static async make(name: string, workers: number, env: Record<string, string>): Promise<Node> {
    return new Node(name, await freePort(), workers, env);
  }

  async start(): Promise<void> {
    const several = this.workers > 1 ? { API_WORKERS: String(this.workers) } : {};
    const env = { ...this.env, ...several, API_PORT: String(this.port) };
    this.service = await ServiceProcess.start(env, this.service?.folder);
  }

  /** Messages that were logged as errors. */
  get errors(): string[] {
    return [...this.logs, this.service?.log ?? []]
      .flat()
      .filter(({ level }) => level === 'error' || level === 'fatal')
      .map(({ msg }) => msg ?? '');
  }

  /** Processes that listen now. */
  get living(): Worker[] {
    const { service } = this;
    if (!service) return [];
    if (this.workers === 1) return [{ pid: service.child.pid ?? 0, name: this.name }];
    return service.log
      .filter(({ msg }) => msg === 'Worker listens')
      .map((line) => ({
        pid: Number(line['worker_pid']),
        name: `${this.name}, worker ${String(line['worker'])}`,
      }))
      .filter(({ pid }) => isAlive(pid));
  }

  /** The process that supervises them, where there are several. */
  get primary(): Worker[] {
    const pid = this.service?.child.pid;
    return this.workers > 1 && pid ? [{ pid, name: `${this.name}, primary` }] : [];
  }

  /** SIGKILL; ends once the node has as many workers as before. */
  async kill(worker: Worker): Promise<void> {
    const outage = { port: this.port, from: Date.now(), until: Infinity };
    this.outages.push(outage);
    const listening = this.service?.log.filter(({ msg }) => msg === 'Worker listens').length ?? 0;
    process.kill(worker.pid, 'SIGKILL');
    if (this.workers > 1) await this.service?.loggedTimes('Worker listens', listening + 1);
    else await this.again();
    outage.until = Date.now();
  }

  /** SIGTERM, then a new process in its place; the exit code of the old one. */
  async restart(): Promise<number | null> {
    this.service?.kill('SIGTERM');
    return this.again();
  }

  async stop(): Promise<void> {
    await this.service?.remove();
  }

  private async again(): Promise<number | null> {
    const ended = await this.service?.exited;
    this.logs.push(this.service?.log ?? []);
    await this.start();
    return ended?.code ?? null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
