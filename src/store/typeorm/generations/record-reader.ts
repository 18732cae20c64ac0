import type { GenerationRecord } from '../../../domain/generation.js';
import type { SqlDatabase, SqlValue } from '../database/sql-database.js';
import { isRunning, RECORD_COLUMNS, toRecord, type RecordRow } from './generation-record.js';
import type { LogTable } from './log-table.js';
import { STILL_RUNS } from './running.js';

/** Finds generations and gives the running ones the text of their log. */
export class RecordReader {
  constructor(
    private readonly database: SqlDatabase,
    private readonly logs: LogTable,
  ) {}

  /** The generation that holds the public id, else the last that did. */
  byId(ownerId: string, id: string): Promise<GenerationRecord | null> {
    return this.first(
      `owner_id = $1 AND public_id = $2
       ORDER BY CASE WHEN id_lock IS NULL THEN 1 ELSE 0 END, created_at DESC`,
      [ownerId, id],
    );
  }

  byIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    return this.first('owner_id = $1 AND idempotency_lock = $2', [ownerId, key]);
  }

  /** The records of these keys; running ones without their text. */
  async byKeys(keys: readonly string[]): Promise<GenerationRecord[]> {
    if (keys.length === 0) return [];
    const rows = await this.database.read((session) =>
      session.query<RecordRow>(
        `SELECT ${RECORD_COLUMNS} FROM generations
         WHERE key IN (SELECT ${this.database.dialect.jsonText('k.value')}
           FROM ${this.database.dialect.jsonElements('$1', 'k')})`,
        [JSON.stringify(keys)],
      ),
    );
    return rows.map((row) => toRecord(row, []));
  }

  /** Sets the stop request of a running generation; null when there is none of this id. */
  async flagCancelled(ownerId: string, id: string): Promise<RecordRow | null> {
    const [row] = await this.database.write((session) =>
      session.query<RecordRow>(
        `UPDATE generations SET stop_signal = COALESCE(stop_signal, 'cancelled')
         WHERE owner_id = $1 AND id_lock = $2 AND ${STILL_RUNS}
         RETURNING ${RECORD_COLUMNS}`,
        [ownerId, id],
      ),
    );
    return row ?? null;
  }

  async complete(row: RecordRow): Promise<GenerationRecord> {
    return toRecord(row, isRunning(row) ? await this.logs.read(row.key, 0) : []);
  }

  private async first(condition: string, parameters: SqlValue[]): Promise<GenerationRecord | null> {
    const [row] = await this.database.read((session) =>
      session.query<RecordRow>(
        `SELECT ${RECORD_COLUMNS} FROM generations WHERE ${condition} LIMIT 1`,
        parameters,
      ),
    );
    return row ? this.complete(row) : null;
  }
}
