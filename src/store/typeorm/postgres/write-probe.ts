import { databaseUnavailable } from '../database/driver-errors.js';
import { isLostConnection } from './postgres-errors.js';
import type { PostgresPool, PostgresWork } from './postgres-pool.js';

/**
 * Tries whether a transaction gets through. A commit that other servers have to confirm hangs while
 * they are away, and goes on hanging on the server whatever becomes of its connection: no other is
 * tried while one does, for each would take one more of the server's connections.
 */
export class WriteProbe {
  /** The server's process that had the last try that failed. */
  private suspect: number | null = null;

  constructor(private readonly pool: PostgresPool) {}

  /** Fails as `store_unavailable` unless it does. @param probe leaves nothing behind */
  async assertWork(probe: PostgresWork<unknown>): Promise<void> {
    await this.assertNoneHangs();
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

  private async assertNoneHangs(): Promise<void> {
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
