import { IdleConversations, type HistoryCounts } from '../idle-conversations.js';
import { turnsThatCount, turnText } from '../rules/turns-of-processes.js';
import { TOTAL } from './conversations/count-sql.js';
import { removeConversations } from './conversations/removed-conversations.js';
import type { SqlDatabase, SqlSession } from './database/sql-database.js';

/** Conversations that are looked for at a time. */
const CHUNK = 100;

const FROM_IDLE = `
  FROM conversations WHERE updated_at < $1 AND NOT EXISTS (
    SELECT 1 FROM generations g
    WHERE g.owner_id = conversations.owner_id AND g.conversation_lock = conversations.id)`;

const COUNT = `SELECT COUNT(*) AS conversations, COALESCE(SUM(${TOTAL}), 0) AS messages ${FROM_IDLE}`;

const SOME = `SELECT owner_id, id, ${TOTAL} AS messages ${FROM_IDLE} LIMIT ${CHUNK}`;

const TAKE_TURN = `
  INSERT INTO facts (name, value) VALUES ('pruned', $1)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value
    WHERE facts.value < $2 OR facts.value > $3
  RETURNING name`;

interface IdleRow {
  owner_id: string;
  id: string;
  messages: number | string;
}

/** Those of the SQL database. */
export class TypeOrmIdleConversations extends IdleConversations {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async count(before: number): Promise<HistoryCounts> {
    const [row] = await this.database.read((session) =>
      session.query<Record<keyof HistoryCounts, number | string>>(COUNT, [before]),
    );
    return { conversations: Number(row?.conversations), messages: Number(row?.messages) };
  }

  async takeTurn(now: number, pauseMs: number): Promise<boolean> {
    const { from, to } = turnsThatCount(now, pauseMs);
    const taken = await this.database.write((session) =>
      session.query(TAKE_TURN, [turnText(now), from, to]),
    );
    return taken.length > 0;
  }

  protected async removeSome(before: number): Promise<HistoryCounts> {
    for (;;) {
      const rows = await this.database.read((session) => session.query<IdleRow>(SOME, [before]));
      const removed = { conversations: 0, messages: 0 };
      for (const row of rows) {
        if (!(await this.removeOne(row, before))) continue;
        removed.conversations += 1;
        removed.messages += Number(row.messages);
      }
      // Where all of them were updated meanwhile, others may be left.
      if (removed.conversations > 0 || rows.length === 0) return removed;
    }
  }

  private removeOne({ owner_id: ownerId, id }: IdleRow, before: number): Promise<boolean> {
    const { dialect } = this.database;
    const isIdle = (session: SqlSession) =>
      session.query(
        `SELECT c.id FROM conversations c WHERE c.updated_at < $1 AND c.owner_id = $2 AND c.id = $3
           AND NOT EXISTS (SELECT 1 FROM generations g
             WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id)
         ${dialect.lockRows('c', 'update')}`,
        [before, ownerId, id],
      );
    return this.database.transaction(async (session) => {
      if ((await isIdle(session)).length === 0) return false;
      return (await removeConversations(session, dialect, ownerId, [id])).length > 0;
    });
  }
}
