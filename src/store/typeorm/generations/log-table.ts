import type { LogBatch } from '../../../domain/generation.js';
import type { LogCursor } from '../../../domain/log-update.js';
import type { Piece } from '../../../domain/parts.js';
import { eventsAbove, longestRuns, parsePieces } from '../../rules/log.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { STILL_RUNS } from './generation-record.js';

/** The stored logs of generations. */
export class LogTable {
  private readonly insertion: string;

  constructor(private readonly database: SqlDatabase) {
    const { dialect } = database;
    // The lock makes an append wait for an end that is being written, and then find it.
    this.insertion = `
      INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
      SELECT g.key, CAST(b.value ->> 'firstSeq' AS integer), CAST(b.value ->> 'count' AS integer),
        b.value ->> 'tokens'
      FROM ${dialect.jsonElements('$2', 'b')}
      JOIN generations g ON g.key = b.value ->> 'key'
      WHERE g.worker_id = $1 AND ${STILL_RUNS}
      ${dialect.lockRows('g', 'share')}
      ${MERGE}
      RETURNING generation_key
    `;
  }

  /** Stores batches by one statement; the keys whose generation does not run under this worker. */
  async append(workerId: string, batches: readonly LogBatch[]): Promise<string[]> {
    if (batches.length === 0) return [];
    const rows = await this.database.write((session) =>
      session.query<{ generation_key: string }>(this.insertion, [workerId, toJson(batches)]),
    );
    const written = new Set(rows.map((row) => row.generation_key));
    return [...new Set(batches.map(({ key }) => key))].filter((key) => !written.has(key));
  }

  read(key: string, after: number): Promise<LogBatch[]> {
    return this.database.read((session) => this.readIn(session, key, after));
  }

  /** The tokens above each cursor, by generation, in one statement. */
  async readMany(cursors: readonly LogCursor[]): Promise<Map<string, Piece[]>> {
    if (cursors.length === 0) return new Map();
    const rows = await this.database.read((session) =>
      session.query<LogRow>(
        `SELECT l.generation_key, l.first_seq, l.tokens
         FROM ${this.database.dialect.jsonElements('$1', 'c')}
         JOIN generation_log l ON l.generation_key = c.value ->> 'key'
         WHERE l.first_seq + l.token_count > CAST(c.value ->> 'after' AS integer) + 1
         ORDER BY l.generation_key, l.first_seq`,
        [JSON.stringify(cursors)],
      ),
    );
    const own = new Map<string, LogRow[]>(cursors.map(({ key }) => [key, []]));
    for (const row of rows) own.get(row.generation_key)?.push(row);
    return new Map(
      cursors.map(({ key, after }) => [
        key,
        toBatches(own.get(key) ?? [], after).flatMap(({ tokens }) => tokens),
      ]),
    );
  }

  async readIn(session: SqlSession, key: string, after: number): Promise<LogBatch[]> {
    const rows = await session.query<LogRow>(
      `SELECT generation_key, first_seq, tokens FROM generation_log
       WHERE generation_key = $1 AND first_seq + token_count > $2 + 1 ORDER BY first_seq`,
      [key, after],
    );
    return toBatches(rows, after);
  }
}

/** A batch that comes again counts once; one that has grown meanwhile replaces itself. */
export const MERGE = `
  ON CONFLICT (generation_key, first_seq) DO UPDATE SET
    tokens = CASE WHEN excluded.token_count > generation_log.token_count
      THEN excluded.tokens ELSE generation_log.tokens END,
    token_count = CASE WHEN excluded.token_count > generation_log.token_count
      THEN excluded.token_count ELSE generation_log.token_count END
`;

/** Of batches with the same first number the longest: a statement can write a row only once. */
function toJson(batches: readonly LogBatch[]): string {
  return JSON.stringify(
    longestRuns(batches).map(({ key, firstSeq, tokens }) => ({
      key,
      firstSeq,
      count: tokens.length,
      tokens: JSON.stringify(tokens),
    })),
  );
}

export interface LogRow {
  generation_key: string;
  first_seq: number;
  tokens: string;
}

/** The events numbered above `after`, each once, of rows in the order of their first numbers. */
export function toBatches(rows: readonly LogRow[], after: number): LogBatch[] {
  const runs = rows.map((row) => ({
    key: row.generation_key,
    firstSeq: row.first_seq,
    tokens: parsePieces(row.tokens),
  }));
  return eventsAbove(runs, after);
}
