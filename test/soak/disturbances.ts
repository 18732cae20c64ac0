import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../faults/loop/random.js';
import type { Killed } from '../faults/loop/fleet.js';
import type { Front } from './front.js';
import { countOf } from './failures.js';
import type { Node, Outage, Worker } from './node.js';

/** Five deaths of workers within a minute end a node. */
const [SHORTEST_MS, LONGEST_MS] = [15_000, 30_000];

/** What happens to the nodes behind the proxy while clients work. */
export class Disturbances implements Killed {
  kills = 0;
  readonly killsDuringStart = 0;
  upAt = 0;
  /** What of it should not have happened. */
  readonly findings: string[] = [];

  constructor(
    private readonly nodes: readonly Node[],
    private readonly front: Front,
    private readonly random: Random,
  ) {}

  /** Where clients find all nodes. */
  get urls(): string[] {
    return [this.front.url];
  }

  get errors(): Map<string, number> {
    return countOf(this.nodes.flatMap(({ errors }) => errors));
  }

  get outages(): Outage[] {
    return this.nodes.flatMap(({ outages }) => outages);
  }

  get processes(): Worker[] {
    return this.nodes.flatMap(({ living, primary }) => [...primary, ...living]);
  }

  /** Kills one process after the other, at random, until then; the first of all lives on. */
  async killUntil(end: number): Promise<void> {
    for (;;) {
      const pause = this.random.int(SHORTEST_MS, LONGEST_MS);
      if (performance.now() + pause > end) break;
      await delay(pause);
      const victims = this.nodes.flatMap((node) => node.living.map((worker) => ({ node, worker })));
      const { node, worker } = this.random.pick(victims.slice(1));
      this.kills += 1;
      await node.kill(worker);
    }
    await delay(Math.max(0, end - performance.now()));
    this.upAt = performance.now();
  }

  /** One node after the other: out of the proxy, down, up, and back. */
  async rollingRestart(): Promise<void> {
    for (const node of this.nodes) {
      const others = this.nodes.filter((other) => other !== node);
      await this.front.sendTo(others.map(({ port }) => port));
      const code = await node.restart();
      if (code !== 0) this.findings.push(`${node.name} ended with ${String(code)}`);
      await this.front.allNodes();
    }
  }
}
