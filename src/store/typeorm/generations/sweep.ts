import { ofMessage } from '../conversations/count-sql.js';
import type { SqlDatabase } from '../database/sql-database.js';

/** Generations at a time: a long sweep must not keep writers waiting. */
const CHUNK = 500;

/** An expression over the message of an answer; null where there is none. */
const ofAnswer = (expression: string) =>
  ofMessage(expression, 'generations.message_id', {
    owner: 'generations.owner_id',
    conversation: 'generations.conversation_id',
  });

/** Condition that a row is not removed because of its age. */
const STAYS = `(kept AND ${ofAnswer('m.id')} IS NOT NULL)`;

/** Condition that nobody needs the texts of an ended row beside its log. A message may lack those of its end. */
const LOSES_TEXTS = `(conversation_deleted OR stateless
  OR (${STAYS} AND ${ofAnswer('m.status')} <> 'streaming'))`;

/** Removes expired data. */
export class Sweep {
  /** What follows a key: whether it is in `$1`. */
  private readonly listed: string;

  constructor(private readonly database: SqlDatabase) {
    this.listed = database.dialect.isAmong('$1');
  }

  async run({ logsBefore, rowsBefore }: { logsBefore: number; rowsBefore: number }): Promise<void> {
    while ((await this.removeRows(rowsBefore)) === CHUNK);
    while ((await this.removeLogs(logsBefore)) === CHUNK);
  }

  /** Logs are removed with their rows. */
  private async removeRows(before: number): Promise<number> {
    const swept = await this.select('finished_at < $1 AND swept AND kept = FALSE', before);
    // Logs may be kept for longer than rows.
    const unswept = await this.select(`finished_at < $1 AND NOT swept AND NOT ${STAYS}`, before);
    const keys = [...swept, ...unswept];
    if (keys.length > 0)
      await this.database.write((session) =>
        session.query(`DELETE FROM generations WHERE key ${this.listed}`, [JSON.stringify(keys)]),
      );
    return Math.max(swept.length, unswept.length);
  }

  /**
   * With a log, the texts that only the log needs are removed: the staged turn, all texts of a deleted
   * conversation or of none, and those of a kept answer, which its message has. What shall be kept and has no
   * message is a row like others from then on.
   */
  private async removeLogs(before: number): Promise<number> {
    const keys = await this.select('finished_at < $1 AND NOT swept', before);
    if (keys.length > 0)
      await this.database.transaction(async (session) => {
        const parameters = [JSON.stringify(keys)];
        await session.query(
          `UPDATE generations SET swept = TRUE, kept = ${STAYS},
             system_content = NULL, user_content = NULL, staged_messages = NULL, first_title = NULL,
             response = CASE WHEN ${LOSES_TEXTS} THEN '' ELSE response END,
             parts = CASE WHEN ${LOSES_TEXTS} THEN NULL ELSE parts END,
             echo = CASE WHEN conversation_deleted AND NOT stateless THEN NULL ELSE echo END,
             new_title = CASE WHEN ${LOSES_TEXTS} THEN NULL ELSE new_title END
           WHERE key ${this.listed}`,
          parameters,
        );
        await session.query(
          `DELETE FROM generation_log WHERE generation_key ${this.listed}`,
          parameters,
        );
      });
    return keys.length;
  }

  private async select(condition: string, before: number): Promise<string[]> {
    const rows = await this.database.read((session) =>
      session.query<{ key: string }>(
        `SELECT key FROM generations WHERE ${condition} ORDER BY finished_at LIMIT ${CHUNK}`,
        [before],
      ),
    );
    return rows.map(({ key }) => key);
  }
}
