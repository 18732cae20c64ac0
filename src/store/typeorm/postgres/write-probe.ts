import { databaseUnavailable } from '../database/driver-errors.js';
import { isLostConnection } from './postgres-errors.js';
import type { PostgresPool, PostgresWork } from './postgres-pool.js';

/**
 * Tests whether a transaction can be committed. With synchronous replication a commit hangs while
 * the other servers are unreachable, even after its connection was closed. While one hangs, no
 * other is tried, since each would occupy one more of the server's connections.
 */
export class WriteProbe {
  /** The server's process of the last failed try. */
  private suspect: number | null = null;

  constructor(private readonly pool: PostgresPool) {}

  /** Fails as `store_unavailable` unless it does. @param probe changes nothing permanently */
  async assertWork(probe: PostgresWork<unknown>): Promise<void> {
    await this.assertNoHangingCommit();
    let process: number | null = null;
    try {
      await this.pool.transaction((session) => {
        process = session.client.processID;
        return probe(session);
      }, isLostConnection);
    } catch (error) {
      this.suspect = process;
      throw error;
    }
  }

  private async assertNoHangingCommit(): Promise<void> {
    const { suspect } = this;
    if (suspect === null) return;
    const hanging = await this.pool.run((session) =>
      session.query(
        `SELECT pid FROM pg_stat_activity
         WHERE pid = $1 AND datname = current_database() AND wait_event = 'SyncRep'`,
        [suspect],
      ),
    );
    if (hanging.length > 0) throw databaseUnavailable(HANGING);
    this.suspect = null;
  }
}

const HANGING = {
  code: '',
  constraint: '',
  syscall: '',
  message: 'a commit waits for other servers to confirm it',
};
