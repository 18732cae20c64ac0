import { StoreStartError } from '../../store.js';
import type { PgClient } from './postgres-session.js';

/** How long statements of a connection may take. */
export interface SessionTimes {
  /** On the server; one that takes longer is stuck. */
  statementMs: number;
  /** Until the answer: for a server that has stopped answering at all. */
  answerMs: number;
}

/** What a new connection says of itself. */
export interface ConnectionFacts {
  /** How the database encodes text. */
  encoding: string;
  /** Whether it would refuse to write: a standby, or a server that was told so. */
  isReadOnly: boolean;
}

interface FactsRow {
  encoding: string;
  read_only: string;
  pooled: boolean;
}

/**
 * Settings of a session, in one round trip once it is there: poolers refuse them among its start
 * parameters. A pooler may also give each transaction another connection to the server, and that of
 * this one to other programs: what is set stays there. So nothing is set behind a pooler. One is
 * told by its process id, which is not the server's.
 */
const SET_UP = `
  SELECT current_setting('server_encoding') AS encoding,
    current_setting('transaction_read_only') AS read_only,
    pg_backend_pid() IS DISTINCT FROM CAST($1 AS integer) AS pooled,
    CASE WHEN pg_backend_pid() = CAST($1 AS integer) THEN
      set_config('statement_timeout', $2, false)
        || set_config('idle_in_transaction_session_timeout', $2, false) END`;

const pooled = new WeakSet<PgClient>();

/** Whether a pooler stands between this connection and the server. */
export function isPooled(client: PgClient): boolean {
  return pooled.has(client);
}

export async function setUp(
  client: PgClient,
  { statementMs }: SessionTimes,
): Promise<ConnectionFacts> {
  const [row] = (
    await client.query({ text: SET_UP, values: [client.processID, String(statementMs)] })
  ).rows as FactsRow[];
  if (!row) throw new Error('The server told nothing of itself');
  if (row.pooled) pooled.add(client);
  return { encoding: row.encoding, isReadOnly: row.read_only === 'on' };
}

/**
 * Text of every script has to fit, as it is written and without being changed.
 *
 * @throws {@link StoreStartError} when it does not
 */
export function assertEncoding(encoding: string): void {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new StoreStartError(
    `HISTORY_DB_URL: its database is encoded in ${encoding}, which cannot hold everything that ` +
      'people write; name one that can, made by: createdb -E UTF8 -T template0 NAME',
  );
}
