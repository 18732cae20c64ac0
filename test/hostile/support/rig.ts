import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceProcess } from '../../support/service-process.js';
import { handlesOf, memoryOf } from './process-facts.js';

/** One request that the bystander goes on sending; 200 is expected. */
export interface Asked {
  method?: string;
  path: string;
  body?: object;
  headers?: Record<string, string>;
}

interface Report {
  answered: number;
  slowestMs: number;
  slowest: string;
  failures: string[];
}

/** What a front end asks for: a page, the list, an answer. */
const ORDINARY: readonly Asked[] = [
  { path: '/api/health' },
  { path: '/api/history?limit=10' },
  { method: 'POST', path: '/api/chat', body: { message: 'Good day' } },
  { path: '/api/openapi.json' },
];

/** Each of the bystander's requests is answered by then. */
const BYSTANDER_MS = 1_000;
/** By then the service is as it was. */
const RECOVERY_MS = 60_000;
/** V8 gives back what it had grown to in its own time; a leak is larger. */
const MEMORY_SLACK_MIB = 128;
/** Connections to the model server, and the bystander's own. */
const HANDLE_SLACK = 8;

export interface RigOptions {
  /** Of the service. Without it, `OLLAMA_BASE_URL` is a model server that answers at once. */
  env?: Record<string, string>;
  /** What the bystander asks for, in turn. */
  bystander?: readonly Asked[];
}

/**
 * One real service under attack, and a bystander who goes on asking it from a process of its own:
 *
 * ```ts
 * rig = await Rig.start();
 * await rig.whileServing(() => attack(rig.port)); // every bystander answered within a second
 * await rig.recovered();                          // memory and handles back within a minute
 * await rig.stop();
 * ```
 *
 * Limits are off unless `env` turns them on: what they refuse could do no harm.
 */
export class Rig {
  private before = { memory: 0, handles: 0 };

  private constructor(
    readonly service: ServiceProcess,
    private readonly companion: ChildProcess,
    private readonly asked: readonly Asked[],
  ) {}

  static async start({ env = {}, bystander = ORDINARY }: RigOptions = {}): Promise<Rig> {
    const companion = fork(join(import.meta.dirname, 'bystander.mjs'));
    const [{ modelUrl }] = (await once(companion, 'message')) as [{ modelUrl: string }];
    const service = await ServiceProcess.start({
      OLLAMA_BASE_URL: modelUrl,
      RATE_LIMIT_ENABLED: 'false',
      // What the C library keeps of freed memory, now more, now less, is not what the service holds.
      MALLOC_MMAP_THRESHOLD_: '65536',
      MALLOC_TRIM_THRESHOLD_: '65536',
      MALLOC_ARENA_MAX: '2',
      ...env,
    });
    const rig = new Rig(service, companion, bystander);
    // What is compiled and cached by a first load is no harm done by an attack.
    await rig.whileServing(() => delay(2_000));
    rig.before = { memory: memoryOf(rig.pid), handles: handlesOf(rig.pid) };
    return rig;
  }

  get url(): string {
    return this.service.url;
  }

  get port(): number {
    return Number(new URL(this.service.url).port);
  }

  get pid(): number {
    const { pid } = this.service.child;
    if (pid === undefined) throw new Error('The service has no process');
    return pid;
  }

  /** Runs `attack` while the bystander goes on asking; fails unless it was served all the time. */
  async whileServing<T>(attack: () => Promise<T>): Promise<T> {
    this.companion.send({ watch: { url: this.url, pid: this.pid, requests: this.asked } });
    try {
      return await attack();
    } finally {
      assertServed(await this.report());
    }
  }

  /** Waits until memory and handles are back; fails after a minute. Others go on being served. */
  async recovered(): Promise<void> {
    await this.whileServing(async () => {
      const deadline = performance.now() + RECOVERY_MS;
      while (!this.isBack() && performance.now() < deadline) await delay(200);
      expect(this.left()).toEqual({ memory: 0, handles: 0 });
    });
  }

  async stop(): Promise<void> {
    this.companion.kill('SIGKILL');
    await this.service.remove();
  }

  private isBack(): boolean {
    const { memory, handles } = this.left();
    return memory === 0 && handles === 0;
  }

  /** What is held beyond the state before, in MiB and handles; 0 within the slack. */
  private left(): { memory: number; handles: number } {
    const memory = Math.round(memoryOf(this.pid) - this.before.memory);
    const handles = handlesOf(this.pid) - this.before.handles;
    return {
      memory: memory > MEMORY_SLACK_MIB ? memory : 0,
      handles: handles > HANDLE_SLACK ? handles : 0,
    };
  }

  private async report(): Promise<Report> {
    this.companion.send({ report: true });
    const [report] = (await once(this.companion, 'message')) as [Report];
    return report;
  }
}

function assertServed({ failures, answered, slowest, slowestMs }: Report): void {
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
  if (slowestMs > BYSTANDER_MS) throw new Error(`A bystander's ${slowest} took ${slowestMs} ms`);
}
