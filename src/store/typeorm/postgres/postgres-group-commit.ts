import { CallGroups } from '../../support/call-groups.js';
import type { SqlWork } from '../database/sql-database.js';
import { faultOf } from '../database/driver-errors.js';
import { isLostConnection, isUnanswered } from './postgres-errors.js';
import type { PostgresPool } from './postgres-pool.js';
import { abandon, type PgClient, type PostgresSession } from './postgres-session.js';

/** Most writes in a transaction: what each of them locks is locked until all are done. */
const MOST = 32;

/** How long they wait for what others have locked. One that has to wait longer must not delay the rest. */
const LOCK_MS = 200;

const BEGIN = `BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}`;

/** Of a statement behind one that failed. */
const ABORTED = '25P02';

/**
 * Sends all writes of one turn of the event loop, and those that come while such a group is under way, as one
 * transaction without waiting between its statements: half the work for the server, which otherwise is woken
 * for each statement and flushes each commit. A write that comes alone is run alone.
 *
 * Each write is atomic and durable when it resolves. If one fails, or waits for a lock, none of the group has
 * happened, and each of them is run by itself.
 */
export class PostgresGroupCommit {
  private readonly groups = new CallGroups<SqlWork<unknown>, unknown>(MOST, (_, works) =>
    this.serve(works),
  );

  constructor(private readonly pool: PostgresPool) {}

  run<T>(work: SqlWork<T>): Promise<T> {
    return this.groups.run('', work) as Promise<T>;
  }

  private async serve(works: readonly SqlWork<unknown>[]): Promise<readonly unknown[]> {
    if (works.length === 1) return this.eachAlone(works);
    const group = new Group(works);
    try {
      return await this.pool.run((session) => group.run(session));
    } catch (error) {
      if (group.hasNotHappened) return this.eachAlone(works);
      throw error;
    }
  }

  /** Promises only: others must not wait for one that waits for a lock. */
  private eachAlone(works: readonly SqlWork<unknown>[]): Promise<unknown>[] {
    return works.map((work) => this.pool.run(work));
  }
}

/** Writes in one transaction. */
class Group {
  /**
   * After a failure: each of them may be run by itself, and may succeed. Where nothing says what became of
   * them, or there is no server that answers, they fail as a single one does.
   */
  hasNotHappened = false;

  constructor(private readonly works: readonly SqlWork<unknown>[]) {}

  async run(session: PostgresSession): Promise<unknown[]> {
    const results = await this.begun(session);
    try {
      await commit(session.client);
    } catch (error) {
      this.hasNotHappened = !isLostConnection(error) && !isUnanswered(error);
      if (isUnanswered(error)) abandon(session.client);
      throw error;
    }
    return results;
  }

  /** Their results, in a transaction that is still open; it is rolled back if one of them fails. */
  private async begun(session: PostgresSession): Promise<unknown[]> {
    const [beginning, ...made] = await Promise.allSettled([
      said(session.client, BEGIN),
      ...this.works.map((work) => work(session)),
    ]);
    const failures = [beginning, ...made].flatMap((each) =>
      each.status === 'rejected' ? [each.reason as unknown] : [],
    );
    if (failures.length === 0)
      return made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    this.hasNotHappened = !failures.some(isUnanswered);
    await said(session.client, 'ROLLBACK').catch(() => abandon(session.client));
    throw failures.find((failure) => faultOf(failure).code !== ABORTED) ?? failures[0];
  }
}

/** A transaction in which a write has hidden a failure is rolled back by this, without an error. */
async function commit(client: PgClient): Promise<void> {
  const { command } = await said(client, 'COMMIT');
  if (command !== 'COMMIT') throw new Error('The transaction was rolled back');
}

function said(client: PgClient, text: string): Promise<{ command: string }> {
  return client.query({ text, values: [] });
}
