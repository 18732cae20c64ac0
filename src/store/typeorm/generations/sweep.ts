import type { SqlDatabase } from '../database/sql-database.js';

/** Generations at a time: a long sweep must not keep writers waiting. */
const CHUNK = 500;

/** Removes expired data. */
export class Sweep {
  constructor(private readonly database: SqlDatabase) {}

  async run({ logsBefore, rowsBefore }: { logsBefore: number; rowsBefore: number }): Promise<void> {
    while ((await this.removeRows(rowsBefore)) === CHUNK);
    while ((await this.removeLogs(logsBefore)) === CHUNK);
  }

  /** Logs are removed with their rows. */
  private async removeRows(before: number): Promise<number> {
    const swept = await this.select('finished_at < $1 AND swept', before);
    // Logs may be kept for longer than rows.
    const unswept = await this.select('finished_at < $1 AND NOT swept', before);
    const keys = [...swept, ...unswept];
    if (keys.length > 0)
      await this.database.write((session) =>
        session.query(`DELETE FROM generations WHERE key IN ${this.listed('$1')}`, [
          JSON.stringify(keys),
        ]),
      );
    return Math.max(swept.length, unswept.length);
  }

  /**
   * With a log, the texts that only the log needs are removed: the staged turn, and all texts of a
   * deleted conversation or of none.
   */
  private async removeLogs(before: number): Promise<number> {
    const keys = await this.select('finished_at < $1 AND NOT swept', before);
    if (keys.length > 0)
      await this.database.transaction(async (session) => {
        const parameters = [JSON.stringify(keys)];
        await session.query(
          `UPDATE generations SET swept = TRUE, system_content = NULL, user_content = NULL,
             staged_messages = NULL,
             response = CASE WHEN conversation_deleted OR stateless THEN '' ELSE response END,
             parts = CASE WHEN conversation_deleted OR stateless THEN NULL ELSE parts END,
             echo = CASE WHEN conversation_deleted AND NOT stateless THEN NULL ELSE echo END,
             new_title = CASE WHEN conversation_deleted THEN NULL ELSE new_title END, first_title = NULL
           WHERE key IN ${this.listed('$1')}`,
          parameters,
        );
        await session.query(
          `DELETE FROM generation_log WHERE generation_key IN ${this.listed('$1')}`,
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

  private listed(parameter: string): string {
    const { dialect } = this.database;
    const item = dialect.jsonText('item.value');
    return `(SELECT ${item} FROM ${dialect.jsonElements(parameter, 'item')})`;
  }
}
