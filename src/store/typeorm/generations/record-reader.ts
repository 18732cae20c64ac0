import type { GenerationRecord } from '../../../domain/generation.js';
import type { StagedPlace } from '../../generation-store.js';
import type { SqlDatabase, SqlValue } from '../database/sql-database.js';
import {
  hasTextsInMessage,
  isRunning,
  RECORD_COLUMNS,
  STILL_RUNS,
  toRecord,
  type RecordRow,
} from './generation-record.js';
import type { LogTable } from './log-table.js';
import { MESSAGE_COLUMNS, stagedIn, type MessageColumns } from './staged-columns.js';

type AnswerTexts = Pick<RecordRow, 'owner_id' | 'parts'> & { id: string; content: string };

/** Finds generations and gives the running ones the text of their log. */
export class RecordReader {
  private readonly answers: string;

  constructor(
    private readonly database: SqlDatabase,
    private readonly logs: LogTable,
  ) {
    const { dialect } = database;
    this.answers = `SELECT id, owner_id, content, parts FROM messages
      WHERE id ${dialect.isAmong('$1')}`;
  }

  /** The generation that holds the public id, else the last one that held it. */
  byId(ownerId: string, id: string): Promise<GenerationRecord | null> {
    return this.first(
      `SELECT ${RECORD_COLUMNS}, 1 AS place FROM generations WHERE owner_id = $1 AND id_lock = $2
       UNION ALL
       SELECT ${RECORD_COLUMNS}, 2 FROM generations
       WHERE owner_id = $1 AND public_id = $2 AND id_lock IS NULL
       ORDER BY place, created_at DESC LIMIT 1`,
      [ownerId, id],
    );
  }

  byIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    return this.first(
      `SELECT ${RECORD_COLUMNS} FROM generations WHERE owner_id = $1 AND idempotency_lock = $2`,
      [ownerId, key],
    );
  }

  async activeIn(ownerId: string, conversationId: string): Promise<string | null> {
    const [row] = await this.database.read((session) =>
      session.query<{ public_id: string }>(
        'SELECT public_id FROM generations WHERE owner_id = $1 AND conversation_lock = $2',
        [ownerId, conversationId],
      ),
    );
    return row?.public_id ?? null;
  }

  /** A staged turn; null once it is committed or has ended. */
  async stagedTurn(key: string): Promise<StagedPlace | null> {
    const [row] = await this.database.read((session) =>
      session.query<MessageColumns & { turn_parent_id: string | null }>(
        `SELECT ${MESSAGE_COLUMNS}, turn_parent_id FROM generations
         WHERE key = $1 AND turn_state = 'staged' AND ${STILL_RUNS}`,
        [key],
      ),
    );
    return row ? { messages: stagedIn(row), parentId: row.turn_parent_id } : null;
  }

  /** The records of these keys; running ones without their text. */
  async byKeys(keys: readonly string[]): Promise<GenerationRecord[]> {
    const rows = await this.among<RecordRow>(keys, RECORD_COLUMNS, 'TRUE');
    return (await this.withTexts(rows)).map((row) => toRecord(row, []));
  }

  /** Those whose conversation was deleted after they had ended: their texts are removed. */
  async deletedAmong(keys: readonly string[]): Promise<string[]> {
    const isDeleted = `conversation_deleted AND response = '' AND parts IS NULL
      AND finished_at IS NOT NULL`;
    const rows = await this.among<{ key: string }>(keys, 'key', `NOT (${isDeleted})`);
    const left = new Set(rows.map(({ key }) => key));
    return keys.filter((key) => !left.has(key));
  }

  private among<Row>(keys: readonly string[], columns: string, condition: string): Promise<Row[]> {
    if (keys.length === 0) return Promise.resolve([]);
    const { dialect } = this.database;
    return this.database.lookUp((session) =>
      session.query<Row>(
        `SELECT ${columns} FROM generations
         WHERE key ${dialect.isAmong('$1')} AND ${condition}`,
        [JSON.stringify(keys)],
      ),
    );
  }

  async complete(row: RecordRow): Promise<GenerationRecord> {
    const [whole = row] = await this.withTexts([row]);
    return toRecord(whole, isRunning(row) ? await this.logs.read(row.key, 0) : []);
  }

  /** Rows with the texts that only messages have. */
  private async withTexts(rows: RecordRow[]): Promise<RecordRow[]> {
    const ids = rows.filter(hasTextsInMessage).map((row) => row.message_id);
    if (ids.length === 0) return rows;
    const answers = await this.database.lookUp((session) =>
      session.query<AnswerTexts>(this.answers, [JSON.stringify(ids)]),
    );
    return rows.map((row) => {
      const answer = answers.find(
        ({ id, owner_id }) => id === row.message_id && owner_id === row.owner_id,
      );
      if (!answer || !hasTextsInMessage(row)) return row;
      return { ...row, response: answer.content, parts: answer.parts };
    });
  }

  private async first(sql: string, parameters: SqlValue[]): Promise<GenerationRecord | null> {
    const [row] = await this.database.read((session) => session.query<RecordRow>(sql, parameters));
    return row ? this.complete(row) : null;
  }
}
