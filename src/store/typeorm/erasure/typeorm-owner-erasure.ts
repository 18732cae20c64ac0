import { OwnerErasure, type OwnersGeneration } from '../../owner-erasure.js';
import { ChangeNumberer } from '../changes/change-numberer.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { RUNS } from '../generations/generation-record.js';
import { lockImages } from '../images/image-removal.js';
import { OWNED, removalSql, type OwnedRows } from './owned-rows.js';

const RUNNING = `SELECT key, worker_id, conversation_id FROM generations
  WHERE owner_id = $1 AND ${RUNS}`;

const CHUNK = 500;

/** Number and mark stay: cursors of all readers name them. */
const EMPTY_CHANGES = `
  UPDATE changes SET owner_id = '', conversation_id = '', events = 'conversation.deleted', changed = NULL,
    generation_id = NULL, message_id = NULL, status = NULL
  WHERE number IN (SELECT number FROM changes WHERE owner_id = $1 LIMIT ${CHUNK})
  RETURNING number`;

interface RunningRow {
  key: string;
  worker_id: string;
  conversation_id: string;
}

/** Erases an owner from the SQL database. */
export class TypeOrmOwnerErasure extends OwnerErasure {
  readonly remains: string | null;
  private readonly numberer: ChangeNumberer;

  constructor(private readonly database: SqlDatabase) {
    super();
    this.numberer = new ChangeNumberer(database);
    this.remains =
      database.dialect.name === 'sqlite'
        ? null
        : 'no row is left; their bytes go with the next VACUUM of PostgreSQL and the rotation of its logs';
  }

  async running(ownerId: string): Promise<OwnersGeneration[]> {
    const rows = await this.database.lookUp((session) =>
      session.query<RunningRow>(RUNNING, [ownerId]),
    );
    return rows.map(({ key, worker_id: workerId, conversation_id: conversationId }) => ({
      key,
      workerId,
      conversationId,
    }));
  }

  /** Late writes of a worker find no row of their generation. */
  async erase(ownerId: string): Promise<void> {
    const { dialect } = this.database;
    for (const owned of OWNED)
      if (owned.only === undefined || owned.only === dialect.name)
        await this.removeAll(owned, ownerId);
    await this.numberer.number();
    const emptySome = () =>
      this.database.transaction((session) => session.query(EMPTY_CHANGES, [ownerId]));
    while ((await emptySome()).length === CHUNK);
    await this.database.overwriteRemoved();
  }

  private async removeAll(owned: OwnedRows, ownerId: string): Promise<void> {
    const statement = removalSql(owned);
    const removeSome = () =>
      this.database.transaction(async (session) => {
        await lockImages(session, this.database.dialect, ownerId);
        return session.query(statement, [ownerId]);
      });
    while ((await removeSome()).length === owned.chunk);
  }
}
