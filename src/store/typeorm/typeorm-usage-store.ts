import type { TakenTokens, UsageItem, UsageSubject, UtcDay } from '../../domain/token-usage.js';
import { summedUp } from '../rules/usage.js';
import { UsageStore, type DayRange } from '../usage-store.js';
import type { SqlDatabase, SqlSession, SqlValue } from './database/sql-database.js';
import { readTaken } from './usage/taken.js';
import {
  selectUsage,
  toUsageItem,
  USAGE_COLUMNS,
  usageValues,
  type UsageRow,
} from './usage/usage-sql.js';

const OF_DAYS = 'day BETWEEN $1 AND $2';

/** Usage in a table, to which the statement that ends a generation adds. */
export class TypeOrmUsageStore extends UsageStore {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  read(ownerId: string | null, { from, to }: DayRange): Promise<UsageItem[]> {
    return ownerId === null
      ? this.select(OF_DAYS, [from, to])
      : this.select(`${OF_DAYS} AND owner_id = $3`, [from, to, ownerId]);
  }

  taken(subject: UsageSubject, day: UtcDay): Promise<TakenTokens> {
    return this.database.read((session) => readTaken(session, subject, day));
  }

  async removeBefore(day: UtcDay): Promise<void> {
    await this.database.write((session) =>
      session.query('DELETE FROM token_usage WHERE day < $1', [day]),
    );
  }

  async eraseOwner(ownerId: string): Promise<void> {
    await this.database.transaction((session) =>
      session.query('DELETE FROM token_usage WHERE owner_id = $1', [ownerId]),
    );
  }

  all(): Promise<UsageItem[]> {
    return this.select('TRUE', []);
  }

  async replaceAll(items: readonly UsageItem[]): Promise<void> {
    await this.database.transaction((session) => replaceUsage(session, items));
  }

  private async select(condition: string, values: readonly SqlValue[]): Promise<UsageItem[]> {
    const rows = await this.database.read((session) =>
      session.query<UsageRow>(selectUsage(condition), values),
    );
    return summedUp(rows.map(toUsageItem));
  }
}

const PLACES = USAGE_COLUMNS.split(', ').map((_, index) => `$${index + 1}`);
const INSERT = `INSERT INTO token_usage (${USAGE_COLUMNS}) VALUES (${PLACES.join(', ')})`;

export async function replaceUsage(
  session: SqlSession,
  items: readonly UsageItem[],
): Promise<void> {
  await session.query('DELETE FROM token_usage');
  for (const item of items) await session.query(INSERT, usageValues(item));
}
