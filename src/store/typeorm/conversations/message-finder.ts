import type { MessageRole } from '../../../domain/conversation.js';
import type { LocatedMessage } from '../../conversation-store.js';
import { MessageTree } from '../../rules/tree.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { toNodes, type SkeletonRow, type SummaryRow } from './conversation-rows.js';
import type { Subject } from './locked-conversation.js';
import { SUMMARY } from './summary-sql.js';
import { SKELETON } from './window-sql.js';

interface FoundRow {
  id: string;
  client_id: string | null;
  role: MessageRole;
  /** As it is stored, else the message before it; null: none. */
  above_id: string | null;
  branched: boolean | number;
}

const OWN = (alias: string) => `${alias}.owner_id = $1 AND ${alias}.conversation_id = $2`;

/**
 * The messages with some ids or clients' ids. Each kind of id has an index of its own. Parameters: owner,
 * conversation, an array of names.
 */
const foundSql = (dialect: Dialect) => `
  WITH names AS MATERIALIZED (
    SELECT DISTINCT ${dialect.jsonText('n.value')} AS name FROM ${dialect.jsonElements('$3', 'n')})
  SELECT m.id, m.client_id, m.role,
    COALESCE(m.parent_id, (SELECT CASE b.role WHEN 'system' THEN NULL ELSE b.id END FROM messages b
      WHERE ${OWN('b')} AND b.seq < m.seq ORDER BY b.seq DESC LIMIT 1)) AS above_id,
    EXISTS (SELECT 1 FROM messages f WHERE ${OWN('f')} AND f.parent_id <> '') AS branched
  FROM messages m WHERE ${OWN('m')} AND m.role <> 'system' AND m.id IN (
    SELECT i.id FROM names JOIN ${dialect.eachOf('messages', 'i', 'i.id = names.name')}
    UNION SELECT c.id FROM names
      JOIN ${dialect.eachOf('messages', 'c', `${OWN('c')} AND c.client_id = names.name`)})
  ORDER BY m.seq`;

/** Finds messages by the names that clients have for them, without their texts. */
export class MessageFinder {
  private readonly found: string;

  constructor(private readonly database: SqlDatabase) {
    this.found = foundSql(database.dialect);
  }

  /** One statement; two more where the conversation has branches. */
  locate(subject: Subject, names: readonly string[]): Promise<LocatedMessage[]> {
    if (names.length === 0) return Promise.resolve([]);
    const { ownerId, id } = subject;
    return this.database.read(async (session) => {
      const parameters = [ownerId, id, JSON.stringify(names)];
      const rows = await session.query<FoundRow>(this.found, parameters);
      const active = rows[0]?.branched ? await activeBranch(session, subject) : null;
      return rows.map((row) => ({
        id: row.id,
        clientId: row.client_id,
        parentId: row.above_id ?? id,
        role: row.role,
        active: active === null || active.has(row.id),
      }));
    });
  }
}

/** Ids of the messages of the active branch. */
async function activeBranch(session: SqlSession, { ownerId, id }: Subject): Promise<Set<string>> {
  const rows = await session.query<SkeletonRow>(SKELETON, [ownerId, id]);
  const [now] = await session.query<SummaryRow>(SUMMARY, [ownerId, id]);
  const end = now?.active_message_id;
  if (!end) return new Set();
  const path = new MessageTree(toNodes(rows, id)).pathTo(end);
  return new Set(path.flatMap((place) => rows[place]?.id ?? []));
}
