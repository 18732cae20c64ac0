import type { GenerationSignal } from '../../../domain/generation.js';
import type { SqlSession } from '../database/sql-database.js';
import { RECORD_COLUMNS, RUNS, STILL_RUNS, type RecordRow } from './generation-record.js';

/**
 * Signals of other workers to the worker of a generation: stop requests (`stop_signal`, and
 * `unread_stop` for one that nobody reads), and which workers have readers of it
 * (`generation_watchers`). Each statement is next to the one that reads its data.
 */

/** Asks for the stop of a running generation; null when none runs that has this public id. */
export async function requestCancel(
  session: SqlSession,
  ownerId: string,
  id: string,
): Promise<RecordRow | null> {
  const [row] = await session.query<RecordRow>(
    `UPDATE generations SET stop_signal = COALESCE(stop_signal, 'cancelled')
     WHERE owner_id = $1 AND id_lock = $2 AND ${STILL_RUNS}
     RETURNING ${RECORD_COLUMNS}`,
    [ownerId, id],
  );
  return row ?? null;
}

/** Asks for the stop of a running generation that nobody reads; its key, or null when none runs. */
export async function requestUnreadStop(
  session: SqlSession,
  ownerId: string,
  id: string,
): Promise<string | null> {
  const [row] = await session.query<{ key: string }>(
    `UPDATE generations SET unread_stop = TRUE
     WHERE owner_id = $1 AND id_lock = $2 AND ${STILL_RUNS} RETURNING key`,
    [ownerId, id],
  );
  return row?.key ?? null;
}

export async function hasUnreadStop(session: SqlSession, key: string): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS one FROM generations WHERE key = $1 AND unread_stop AND ${STILL_RUNS}`,
    [key],
  );
  return rows.length > 0;
}

export async function refuseUnreadStop(session: SqlSession, key: string): Promise<void> {
  await session.query('UPDATE generations SET unread_stop = FALSE WHERE key = $1', [key]);
}

/** Asks for the stop of what runs in a conversation that is being deleted. */
export function requestStopOfDeleted(session: SqlSession, ownerId: string, conversationId: string) {
  return session.query<{ key: string; new_title: string | null; new_chat_id: string | null }>(
    `UPDATE generations SET conversation_deleted = TRUE, stop_signal = 'conversation_deleted'
     WHERE owner_id = $1 AND conversation_lock = $2 AND NOT conversation_deleted
     RETURNING key, new_title, new_chat_id`,
    [ownerId, conversationId],
  );
}

/** Stop requests and numbers of watchers of a worker's own generations that have either. */
export async function readSignals(
  session: SqlSession,
  workerId: string,
): Promise<GenerationSignal[]> {
  const rows = await session.query<{
    key: string;
    stop: GenerationSignal['stop'];
    watchers: number | string;
  }>(
    `SELECT * FROM (
       SELECT key, COALESCE(stop_signal, CASE WHEN unread_stop THEN 'unless_read' END) AS stop,
         (SELECT COUNT(*) FROM generation_watchers w WHERE w.generation_key = g.key) AS watchers
       FROM generations g WHERE worker_id = $1 AND ${RUNS}
     ) AS own WHERE stop IS NOT NULL OR watchers > 0`,
    [workerId],
  );
  return rows.map(({ key, stop, watchers }) => ({ key, stop, watchers: Number(watchers) }));
}

/** A row exists while the worker has readers. */
export async function setWatcher(
  session: SqlSession,
  key: string,
  workerId: string,
  reading: boolean,
): Promise<void> {
  const statement = reading
    ? `INSERT INTO generation_watchers (generation_key, worker_id)
       SELECT key, CAST($2 AS varchar) FROM generations WHERE key = $1 AND ${STILL_RUNS}
       ON CONFLICT DO NOTHING`
    : 'DELETE FROM generation_watchers WHERE generation_key = $1 AND worker_id = $2';
  await session.query(statement, [key, workerId]);
}

/** A dead worker has no readers. */
export async function removeWatcher(session: SqlSession, workerId: string): Promise<void> {
  await session.query('DELETE FROM generation_watchers WHERE worker_id = $1', [workerId]);
}
