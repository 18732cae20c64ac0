import type { SqlSession, SqlWork } from '../database/sql-database.js';
import { isBusy } from './sqlite-errors.js';

interface Member {
  work: SqlWork<unknown>;
  durable: boolean;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** The operations that commits need. */
export interface CommitPath {
  /** Whose next commit is flushed to the disk if it must be durable. */
  session(durable: boolean): Promise<SqlSession>;
  /** Runs a task while no other writes. */
  inTurn(task: () => Promise<void>): Promise<void>;
  /**
   * Called after each commit, before its callers resume; returns the reason if the commit is lost,
   * or null.
   */
  committed(durable: boolean): Error | null;
}

/** Turns of the event loop in which others may join the first write of a group: under load, and else. */
const TURNS_UNDER_LOAD = 3;
const TURNS = 1;

/**
 * Commits all writes of some turns of the event loop together: a flush to disk takes as long for
 * fifty writes as for one and blocks the process, and most writes change the same pages. Each write
 * is still atomic, and durable when it resolves if it must be.
 */
export class GroupCommit {
  private waiting: Member[] = [];
  /** Whether the last group had more than one. */
  private isLoaded = false;

  constructor(private readonly path: CommitPath) {}

  run<T>(work: SqlWork<T>, durable: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, durable, resolve: (result) => resolve(result as T), reject });
      if (this.waiting.length === 1) this.commitIn(this.isLoaded ? TURNS_UNDER_LOAD : TURNS);
    });
  }

  private commitIn(turns: number): void {
    setImmediate(() => {
      if (turns > 1) this.commitIn(turns - 1);
      else void this.path.inTurn(() => this.commit());
    });
  }

  /** All that wait by now. */
  private async commit(): Promise<void> {
    const members = this.waiting;
    this.waiting = [];
    this.isLoaded = members.length > 1;
    const failure = await this.together(members);
    if (failure === null) return;
    if (members.length === 1 || isBusy(failure.error)) {
      for (const { reject } of members) reject(failure.error);
      return;
    }
    // Which member failed is not known: each is tried by itself, so that the others succeed.
    for (const member of members) {
      const own = await this.together([member]);
      if (own) member.reject(own.error);
    }
  }

  private async together(members: readonly Member[]): Promise<{ error: unknown } | null> {
    const isDurable = members.some(({ durable }) => durable);
    try {
      const session = await this.path.session(isDurable);
      const results = await immediately(session, async () => {
        const made: unknown[] = [];
        for (const { work } of members) made.push(await work(session));
        return made;
      });
      resolveAll(members, results, this.path.committed(isDurable));
      return null;
    } catch (error) {
      return { error };
    }
  }
}

function resolveAll(members: readonly Member[], results: unknown[], failure: Error | null): void {
  members.forEach(({ resolve, reject }, index) => {
    if (failure) reject(failure);
    else resolve(results[index]);
  });
}

/**
 * Runs work in a transaction that takes the write lock at its beginning: a plain BEGIN takes it at
 * the first write, which fails if the data that was read has changed.
 */
export async function immediately<T>(session: SqlSession, work: SqlWork<T>): Promise<T> {
  await session.query('BEGIN IMMEDIATE');
  try {
    const result = await work(session);
    await session.query('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Workers write a heartbeat every three seconds: if one succeeds, no further test is needed. */
const FRESH_MS = 4000;

/** Whether the next write will probably succeed, from the results of the last ones. */
export class WriteEvidence {
  private provenAt = -Infinity;

  succeeded(): void {
    this.provenAt = performance.now();
  }

  failed(): void {
    this.provenAt = -Infinity;
  }

  /** Whether a recent write succeeded, and none has failed since. */
  get isFresh(): boolean {
    return performance.now() - this.provenAt < FRESH_MS;
  }
}
