import type { Liveness } from '../../../src/common/process-identity.js';
import { WorkerWatch } from '../../../src/generation/workers/worker-watch.js';
import type { WorkerState } from '../../../src/store/worker-coordination.js';

/** Between two heartbeats of a worker, and a little more than half of it between two looks. */
const BEAT_MS = 1_000;
const LOOK_MS = 500;
const OWN = 'own';
const OTHER = 'other';

/** Workers whose counters rise by the clock, seen by a watch of the first of them. */
class Rig {
  now = 50_000;
  liveness: Liveness = 'unknown';
  /** Whether each of them can write, and whether the other has its session. */
  ownBeats = true;
  otherBeats = true;
  session: WorkerState['session'] = 'open';
  readonly beats = new Map([
    [OWN, 0],
    [OTHER, 0],
  ]);
  readonly dead: number[] = [];
  private readonly begunAt = this.now;
  private readonly watch = new WorkerWatch(OWN, this.now, 3 * BEAT_MS, () => this.liveness);

  /** Time passes; with the looks of the watch, where it can look. */
  pass(ms: number, looks = true): this {
    for (const until = this.now + ms; this.now < until;) {
      this.now += LOOK_MS;
      if ((this.now - this.begunAt) % BEAT_MS === 0) this.beat();
      if (looks) this.look();
    }
    return this;
  }

  /** What the watch finds now. */
  look(): void {
    const states = [...this.beats].map(([id, beat]): [string, WorkerState] => [
      id,
      { beat, session: id === OWN ? 'open' : this.session },
    ]);
    for (const { workerId } of this.watch.look(new Map(states), this.now)) {
      expect(workerId).toBe(OTHER);
      this.dead.push(this.now - this.begunAt);
    }
  }

  private beat(): void {
    if (this.ownBeats) this.beats.set(OWN, (this.beats.get(OWN) ?? 0) + 1);
    if (this.otherBeats) this.beats.set(OTHER, (this.beats.get(OTHER) ?? 0) + 1);
  }

  /** Both are there, and have been seen to beat. */
  static running(): Rig {
    return new Rig().pass(10_000);
  }
}

const since = (rig: Rig, begun: number): number => (rig.dead[0] ?? NaN) - begun;

describe('a worker that beats', () => {
  it.each(['unknown', 'alive', 'stopped'] as const)('is not dead (%s)', (liveness) => {
    const rig = Rig.running();
    rig.liveness = liveness;
    rig.session = 'closed';
    expect(rig.pass(60_000).dead).toEqual([]);
  });
});

describe('a worker that beats no more', () => {
  it.each([
    ['has its session', 'unknown', 'open', 15_000],
    ['has none that could tell', 'unknown', 'unknown', 15_000],
    ['has lost its session', 'unknown', 'closed', 4_000],
    ['is stopped', 'stopped', 'open', 15_000],
    ['is seen alive on this host', 'alive', 'closed', 30_000],
  ] as const)('and %s (%s, %s) is dead after %d ms', (_what, liveness, session, afterMs) => {
    const rig = Rig.running();
    rig.otherBeats = false;
    rig.session = session;
    rig.liveness = liveness;
    rig.pass(60_000);
    expect(since(rig, 10_000)).toBe(afterMs);
  });

  it('and whose process is gone is dead at once', () => {
    const rig = Rig.running();
    rig.liveness = 'dead';
    rig.look();
    expect(rig.dead).toEqual([10_000]);
  });

  it('stands still for 2 s without being dead, even with a lost session', () => {
    const rig = Rig.running();
    rig.otherBeats = false;
    rig.session = 'closed';
    rig.pass(2_500);
    rig.otherBeats = true;
    expect(rig.pass(10_000).dead).toEqual([]);
  });

  it('is dead as soon to one that has just started', () => {
    const rig = new Rig();
    rig.beats.set(OTHER, 70);
    rig.otherBeats = false;
    rig.session = 'closed';
    rig.pass(10_000);
    expect(rig.dead[0]).toBeLessThanOrEqual(5_500);
  });
});

describe('a worker without a row', () => {
  it('whose process is gone is left to the one that ends its generations, for a second', () => {
    const rig = Rig.running();
    rig.liveness = 'dead';
    rig.otherBeats = false;
    rig.beats.set(OTHER, 0);
    rig.pass(2_000);
    expect(since(rig, 10_000)).toBe(1_500);
  });
});

describe('after an outage for all', () => {
  /** Nobody beats for 10 s; the other does again so long after this one. */
  function outage({ looks, later }: { looks: boolean; later: number }): Rig {
    const rig = Rig.running();
    rig.ownBeats = false;
    rig.otherBeats = false;
    rig.session = 'closed';
    rig.pass(10_000, looks);
    rig.ownBeats = true;
    rig.pass(later);
    rig.otherBeats = true;
    return rig.pass(BEAT_MS);
  }

  it.each([
    ['in which it could look', true],
    ['in which it could not', false],
  ])('all have their time anew (%s)', (_what, looks) => {
    const rig = outage({ looks, later: 10_000 });
    expect(rig.dead).toEqual([]);
    // Who comes back is watched as before.
    rig.otherBeats = false;
    const begun = rig.pass(0).now - 50_000;
    rig.pass(10_000);
    expect(since(rig, begun)).toBe(4_000);
  });

  it('one that does not come back is dead 15 s after it', () => {
    const rig = outage({ looks: false, later: 20_000 });
    expect(since(rig, 20_000)).toBeGreaterThanOrEqual(15_000);
    expect(since(rig, 20_000)).toBeLessThanOrEqual(17_000);
  });

  it('nobody is dead as long as this one cannot beat either', () => {
    const rig = Rig.running();
    rig.ownBeats = false;
    rig.otherBeats = false;
    expect(rig.pass(120_000).dead).toEqual([]);
  });

  it('this one stood still itself: nobody is dead for that', () => {
    const rig = Rig.running();
    rig.now += 60_000;
    rig.look();
    expect(rig.pass(5_000).dead).toEqual([]);
  });
});

describe('a store where every heartbeat takes long', () => {
  it('does not keep the dead alive', () => {
    const rig = Rig.running();
    rig.otherBeats = false;
    rig.session = 'unknown';
    for (let round = 0; round < 12; round += 1) {
      rig.ownBeats = false;
      rig.pass(3_000);
      rig.ownBeats = true;
      rig.pass(1_000);
    }
    expect(rig.dead.length).toBeGreaterThan(0);
  });
});
