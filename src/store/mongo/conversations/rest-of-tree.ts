import { placeIn, type MovedRun } from '../documents/conversation-documents.js';
import type { Link } from '../documents/message-document.js';
import { EMPTY, grown, packRuns, unpackRuns, type Branch } from './branch.js';
import type { Ground } from './branch-finder.js';

/** A message that stays, as it is placed then. */
interface Standing {
  /** The place at which its run begins. */
  run: number;
  depth: number;
  /** The run that is to be written anew with it. */
  moved: MovedRun | null;
}

/**
 * The tree without some messages, each of what follows them below the nearest above it that stays. What
 * is not below any of them stays as it is stored; only messages whose place a release without branches
 * left open get one.
 */
export class RestOfTree {
  /** What is to be written, in the order of the places. */
  readonly moved: MovedRun[] = [];
  private readonly standing = new Map<number, Standing>();
  /** Of each that goes: the place of the nearest above it that stays. */
  private readonly standIns = new Map<number, number>();
  /** Of each run: the branch above it, as far as it is stored. */
  private readonly above = new Map<number, Branch>();

  /**
   * @param links all messages of the tree, in the order made
   * @param gone places of those that go
   */
  constructor(
    private readonly ground: Pick<Ground, 'first' | 'chain'>,
    links: readonly Link[],
    gone: ReadonlySet<number>,
  ) {
    links.forEach((link, index) => {
      const parent = this.stayingAt(this.parentOf(link, links[index - 1]));
      if (gone.has(link.seq)) this.standIns.set(link.seq, parent);
      else this.place(link, parent);
    });
  }

  /** The place itself, or of one that goes the nearest above it that stays; 0: the top. */
  stayingAt(place: number): number {
    return this.standIns.get(place) ?? place;
  }

  /** The branch down to a message that stays, with the runs of it that a conversation stores. */
  branchTo(place: number): Branch {
    const found = this.standing.get(place);
    if (!found) return EMPTY;
    return grown(this.above.get(found.run) ?? EMPTY, found.run, place, false);
  }

  private parentOf({ parent }: Link, before: Link | undefined): number {
    if (parent === undefined) return before?.seq ?? 0;
    const place = placeIn(parent);
    return this.standing.has(place) || this.standIns.has(place) ? place : 0;
  }

  private place(link: Link, parent: number): void {
    const { seq } = link;
    const up = this.standing.get(parent);
    const depth = (up?.depth ?? 0) + 1;
    const before = this.depthBefore(link);
    const moves = depth !== before;
    const isNext = this.follows(link, parent) && (!moves || Boolean(up?.moved));
    const run = isNext ? (up?.run ?? seq) : seq;
    if (run === seq) this.above.set(run, stored(this.branchTo(parent)));
    const moved = moves ? this.movedRun(isNext ? up?.moved : null, { seq, depth, parent }) : null;
    if (moved && before !== undefined) moved.by = before - depth;
    else if (moved && seq > moved.first) moved.earlier.push(seq);
    this.standing.set(seq, { run, depth, moved });
  }

  /** Whether nothing has to be stored of where it is. */
  private follows({ seq, parent: stored }: Link, parent: number): boolean {
    if (stored !== undefined) return false;
    return parent === 0 ? seq === this.ground.first : parent === seq - 1;
  }

  /** Undefined where a release without branches left it open. */
  private depthBefore({ seq, depth }: Link): number | undefined {
    const { first, chain } = this.ground;
    return depth ?? (seq <= chain ? seq - first + 1 : undefined);
  }

  /** @param before the run that goes on with this message; null: it begins one */
  private movedRun(
    before: MovedRun | null | undefined,
    { seq, depth, parent }: { seq: number; depth: number; parent: number },
  ): MovedRun {
    if (before) {
      before.last = seq;
      return before;
    }
    const above = packRuns(this.branchTo(parent).runs);
    const run = { first: seq, last: seq, depth, by: 0, parent, above, earlier: [] };
    this.moved.push(run);
    return run;
  }
}

/** Only so many runs of a long branch are stored. */
function stored({ runs, depth }: Branch): Branch {
  return { runs: unpackRuns(packRuns(runs)), depth };
}
