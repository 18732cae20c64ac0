import type { UsageItem } from '../../../domain/token-usage.js';
import type { Dialect } from '../database/dialect.js';
import type { ChainedStep } from '../database/sql-database.js';

/** Columns of counts, with the names that an item has for them. */
const COUNTS = {
  generations: 'generations',
  completed: 'completed',
  cancelled: 'cancelled',
  failed: 'failed',
  prompt_tokens: 'promptTokens',
  completion_tokens: 'completionTokens',
  estimated_tokens: 'estimatedTokens',
} as const satisfies Record<string, keyof UsageItem>;

const COUNT_COLUMNS = Object.keys(COUNTS);

/** All columns, in the order of `usageValues`. */
export const USAGE_COLUMNS = ['owner_id, key_name, day, model, shard', ...COUNT_COLUMNS].join(', ');

/**
 * Adds what a generation spent to the usage of its key. Parameters: `$18` the day (null: nothing is
 * counted), `$19` to `$21` tokens of the prompt, of the answer, and how many of these are estimates.
 */
export function countedStep(dialect: Dialect): ChainedStep {
  const one = (status: string) => `CASE WHEN g.status = '${status}' THEN 1 ELSE 0 END`;
  return {
    name: 'counted',
    applies: () => true,
    sql: `
      INSERT INTO token_usage (${USAGE_COLUMNS})
      SELECT g.owner_id, COALESCE(g.usage_key, g.owner_id), CAST($18 AS varchar), g.model,
        ${dialect.usageShard('g.worker_id')}, 1, ${one('completed')}, ${one('cancelled')}, ${one('failed')},
        CAST($19 AS bigint), CAST($20 AS bigint), CAST($21 AS bigint)
      FROM ${dialect.changedRow} g WHERE CAST($18 AS varchar) IS NOT NULL
      ON CONFLICT (owner_id, key_name, day, model, shard) DO UPDATE SET
        ${COUNT_COLUMNS.map((name) => `${name} = token_usage.${name} + excluded.${name}`).join(', ')}
      RETURNING day`,
  };
}

/** Items that match a condition, the shards of each together. */
export function selectUsage(condition: string): string {
  const sums = COUNT_COLUMNS.map((name) => `SUM(${name}) AS ${name}`);
  return `SELECT owner_id, key_name, day, model, ${sums.join(', ')} FROM token_usage
    WHERE ${condition} GROUP BY owner_id, key_name, day, model`;
}

/** As the drivers give it: PostgreSQL's sums are texts. */
export type UsageRow = Record<'owner_id' | 'key_name' | 'day' | 'model', string> &
  Record<keyof typeof COUNTS, string | number>;

export function toUsageItem(row: UsageRow): UsageItem {
  return {
    ownerId: row.owner_id,
    keyName: row.key_name,
    day: row.day,
    model: row.model,
    generations: Number(row.generations),
    completed: Number(row.completed),
    cancelled: Number(row.cancelled),
    failed: Number(row.failed),
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    estimatedTokens: Number(row.estimated_tokens),
  };
}

/** In one shard. */
export function usageValues(item: UsageItem): (string | number)[] {
  const { ownerId, keyName, day, model } = item;
  return [ownerId, keyName, day, model, '', ...Object.values(COUNTS).map((name) => item[name])];
}
