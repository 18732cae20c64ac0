import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from './node.js';

const SAMPLE_MS = 5_000;
/** At the beginning a process is still loading, compiling and filling its caches. */
const WARM_MS = 60_000;
const WINDOW_MS = 60_000;
/** Of what a warm process had: PERFORMANCE's goal for 10,000 turns. */
const MOST_GROWTH = 1.3;
/** Sockets come and go with the clients. */
const MORE_DESCRIPTORS = 10;

interface Sample {
  /** Since the process was first seen. */
  ms: number;
  megabytes: number;
  descriptors: number;
}

/** Memory and descriptors of processes while they work. */
export class Growth {
  private readonly samples = new Map<number, { name: string; begun: number; list: Sample[] }>();

  constructor(private readonly processes: () => Worker[]) {}

  async watch(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      for (const { pid, name } of this.processes()) this.sample(pid, name);
      await delay(SAMPLE_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** What lived long enough to say something of it, a line each. */
  lines(): string[] {
    return this.watched().map(({ name, minutes, early, late }) => {
      const from = `${early.megabytes.toFixed(0)} MB, ${early.descriptors} descriptors`;
      const to = `${late.megabytes.toFixed(0)} MB, ${late.descriptors} descriptors`;
      return `${name}, watched for ${minutes.toFixed(1)} min: ${from} in its second minute; ${to} in its last`;
    });
  }

  findings(): string[] {
    return this.watched().flatMap(({ name, early, late }) => {
      const { megabytes, descriptors } = late;
      return [
        ...(megabytes > MOST_GROWTH * early.megabytes
          ? [`${name} grew from ${early.megabytes.toFixed(0)} to ${megabytes.toFixed(0)} MB`]
          : []),
        ...(descriptors > early.descriptors + MORE_DESCRIPTORS
          ? [`${name} had ${early.descriptors} descriptors, then ${descriptors}`]
          : []),
      ];
    });
  }

  private sample(pid: number, name: string): void {
    try {
      const [, kilobytes] =
        /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      const descriptors = readdirSync(`/proc/${pid}/fd`).length;
      const now = performance.now();
      const series = this.samples.get(pid) ?? { name, begun: now, list: [] };
      this.samples.set(pid, series);
      series.list.push({
        ms: now - series.begun,
        megabytes: Number(kilobytes) / 1024,
        descriptors,
      });
    } catch {
      // It was killed meanwhile.
    }
  }

  private watched() {
    return [...this.samples.values()].flatMap(({ name, list }) => {
      const end = list.at(-1)?.ms ?? 0;
      if (end < WARM_MS + 2 * WINDOW_MS) return [];
      const early = list.filter(({ ms }) => ms >= WARM_MS && ms < WARM_MS + WINDOW_MS);
      const late = list.filter(({ ms }) => ms >= end - WINDOW_MS);
      return [{ name, minutes: end / 60_000, early: median(early), late: median(late) }];
    });
  }
}

function median(samples: Sample[]): { megabytes: number; descriptors: number } {
  const middle = (values: number[]): number =>
    values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
  return {
    megabytes: middle(samples.map(({ megabytes }) => megabytes)),
    descriptors: middle(samples.map(({ descriptors }) => descriptors)),
  };
}
