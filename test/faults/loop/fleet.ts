import { setTimeout as delay } from 'node:timers/promises';
import { ServiceProcess } from '../../support/service-process.js';
import type { Random } from './random.js';

interface Member {
  process: ServiceProcess;
  /** Set once it listens. */
  url: string | null;
}

/** Where clients find the service: any address will do. */
export interface Listening {
  /** Addresses of those that listen. */
  readonly urls: string[];
}

/** Processes of which some were killed, and that have come back. */
export interface Killed extends Listening {
  kills: number;
  killsDuringStart: number;
  /** When all listened again, on the clock of `performance.now()`. */
  upAt: number;
  /** Messages that were logged as errors, with how often. */
  readonly errors: Map<string, number>;
}

/** How long a start may take on a busy machine, the wait for a dead process's lock included. */
const START_MS = 90_000;

/** The service processes on one storage, which are killed and started again. */
export class Fleet implements Killed {
  kills = 0;
  killsDuringStart = 0;
  upAt = 0;
  readonly errors = new Map<string, number>();
  /** What was logged with them, to look at when something was found. */
  readonly samples: string[] = [];
  private readonly members: Member[] = [];

  constructor(
    private readonly size: number,
    private readonly env: Record<string, string>,
    private readonly random: Random,
    private readonly folder: string,
  ) {}

  /** Starts what is missing and waits until all listen. */
  async up(): Promise<void> {
    for (let index = 0; index < this.size; index += 1) if (!this.members[index]) this.start(index);
    const begun = performance.now();
    while (this.members.some((member) => member.url === null)) {
      if (performance.now() - begun > START_MS) throw new Error(`No start: ${this.told()}`);
      await delay(20);
    }
    this.upAt = performance.now();
  }

  get urls(): string[] {
    return this.members.flatMap(({ url }) => url ?? []);
  }

  /** Kills so many in all, one or several at a time, at random instants. `asked`: the model is. */
  async killLoop(kills: number, asked: () => Promise<void>): Promise<void> {
    const until = this.kills + kills;
    while (this.kills < until) {
      await this.moment(asked);
      const several = this.random.chance(0.15) ? this.random.int(1, this.size) : 1;
      for (let n = 0; n < several && this.kills < until; n += 1) this.killOne();
    }
  }

  async stop(): Promise<void> {
    for (const { process } of this.members) await process.remove({ keepFolder: true });
  }

  /** Waits for a moment to kill: mostly while work is done, sometimes during a start. */
  private async moment(asked: () => Promise<void>): Promise<void> {
    const { random } = this;
    if (random.chance(0.2)) {
      await delay(random.int(0, 1_500));
      return;
    }
    const begun = performance.now();
    while (this.victims().length === 0 && performance.now() - begun < START_MS) await delay(20);
    await delay(random.int(50, 900));
    if (random.chance(0.5)) {
      await Promise.race([asked(), delay(1_000)]);
      await delay(random.int(0, 40));
    }
  }

  /** Of several, the first is mostly spared: somebody has to live long enough to see who died. */
  private victims(first = this.size > 1 ? 1 : 0): number[] {
    return this.members.flatMap(({ url }, at) => (url === null || at < first ? [] : [at]));
  }

  private killOne(): void {
    const { random, members } = this;
    const up = random.chance(0.93) ? this.victims() : this.victims(0);
    const index = up.length > 0 ? random.pick(up) : random.int(0, this.size - 1);
    const member = members[index];
    if (!member) return;
    this.kills += 1;
    if (member.url === null) this.killsDuringStart += 1;
    member.process.kill('SIGKILL');
    this.start(index);
  }

  private start(index: number): void {
    const before = this.members[index]?.process;
    if (before) this.readLog(before);
    const process = ServiceProcess.spawn(this.env, this.folder);
    const member: Member = { process, url: null };
    this.members[index] = member;
    void process
      .logged('Listening')
      .then((line) => {
        member.url = String(line['url']).replace('[::1]', '127.0.0.1');
      })
      .catch(() => this.restartRefused(index, member));
  }

  /** One that ended by itself: it met the lock of the one before, or something is wrong. */
  private restartRefused(index: number, member: Member): void {
    if (this.members[index] !== member || member.process.child.signalCode === 'SIGKILL') return;
    this.samples.push(`ended by itself: ${member.process.stderr}`);
    this.start(index);
  }

  private readLog({ log }: ServiceProcess): void {
    for (const line of log) {
      if (line.level !== 'error' && line.level !== 'fatal') continue;
      const message = line.msg ?? '';
      this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
      if (this.samples.length < 20) this.samples.push(JSON.stringify(line).slice(0, 600));
    }
  }

  private told(): string {
    return this.members.map(({ process }) => process.stderr + JSON.stringify(process.log)).join();
  }
}
