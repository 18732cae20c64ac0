import { StoreStartError } from '../../store.js';
import type { PgClient } from './postgres-session.js';

/** Settings for the statements of a connection. */
export interface SessionSettings {
  /** How long they may take on the server; one that takes longer is stuck. 0: no limit, they may read whole tables. */
  statementMs: number;
  /** How long their answer may take: for a server that has stopped answering at all. 0: no limit. */
  answerMs: number;
  /** Whether a commit waits for the disk, and for other servers that are to have it too. */
  isDurable: boolean;
}

/** Facts about a new connection. */
export interface ConnectionFacts {
  /** How the database encodes text. */
  encoding: string;
  /** Whether it is read-only: a standby, or a server with that setting. */
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
 * recognised by its process id, which is not the server's. Statements are short and use indexes: to compile
 * one takes longer than it saves, and a plan that is made while a table is small must not read all of it once
 * it has grown.
 */
const SET_UP = `
  SELECT current_setting('server_encoding') AS encoding,
    current_setting('transaction_read_only') AS read_only,
    pg_backend_pid() IS DISTINCT FROM CAST($1 AS integer) AS pooled,
    CASE WHEN pg_backend_pid() = CAST($1 AS integer) THEN
      set_config('statement_timeout', $2, false)
        || set_config('idle_in_transaction_session_timeout', $2, false)
        || set_config('jit', 'off', false)
        || CASE WHEN $4 THEN set_config('enable_seqscan', 'off', false) ELSE '' END
        || CASE WHEN $3 THEN '' ELSE set_config('synchronous_commit', 'off', false) END END`;

const pooled = new WeakSet<PgClient>();

/** Whether a pooler stands between this connection and the server. */
export function isPooled(client: PgClient): boolean {
  return pooled.has(client);
}

export async function setUp(
  client: PgClient,
  { statementMs, isDurable }: SessionSettings,
): Promise<ConnectionFacts> {
  const values = [client.processID, String(statementMs), isDurable, statementMs > 0];
  const row = only((await client.query({ text: SET_UP, values })).rows);
  if (row.pooled) pooled.add(client);
  return { encoding: row.encoding, isReadOnly: row.read_only === 'on' };
}

function only([row]: FactsRow[]): FactsRow {
  if (!row) throw new Error('The server did not report its settings');
  return row;
}

/**
 * The encoding must store the text of every script without a change.
 *
 * @throws {@link StoreStartError} when it does not
 */
export function assertEncoding(encoding: string): void {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new StoreStartError(
    `HISTORY_DB_URL: the encoding of its database is ${encoding}, which cannot store all characters; ` +
      'use a database created by: createdb -E UTF8 -T template0 NAME',
  );
}
