import { SqliteConnection, type SqliteUse } from './sqlite-connection.js';
import { isUnopened, stamp } from './sqlite-inspection.js';

/** The connections to a file, one for each use. */
export class SqliteConnections {
  static readonly COUNT = 2;

  private constructor(
    readonly write: SqliteConnection,
    readonly read: SqliteConnection,
  ) {}

  /** A database that no other process has is given a new stamp. */
  static async open(file: string): Promise<SqliteConnections> {
    const opened: SqliteConnection[] = [];
    const open = async (use: SqliteUse) => {
      const connection = await SqliteConnection.open(file, use);
      opened.push(connection);
      return connection;
    };
    try {
      const unopened = isUnopened(file);
      const write = await open('write');
      if (unopened) await stamp(write);
      return new SqliteConnections(write, await open('read'));
    } catch (error) {
      for (const connection of opened) await connection.close();
      throw error;
    }
  }

  /** After how many pages a commit brings them into the database; 0: never. */
  async setAutocheckpoint(pages: number): Promise<void> {
    await this.write.query(`PRAGMA wal_autocheckpoint = ${pages}`);
  }

  /** Removes the files beside the database, unless another process has it open. */
  async close(): Promise<void> {
    await this.read.close();
    // The last close does this too, but only if it is the last.
    await this.write.query('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    await this.write.close();
  }
}
