import type { TakenTokens, UsageSubject, UtcDay } from '../../../domain/token-usage.js';
import { monthOf } from '../../../domain/utc-days.js';
import type { SqlSession } from '../database/sql-database.js';
import { RUNS } from '../generations/generation-record.js';

const SPENT = 'COALESCE(SUM(prompt_tokens + completion_tokens), 0) FROM token_usage';
const OF_KEY = 'owner_id = $1 AND key_name = $2';

/**
 * What counts against the quotas of a key. Parameters: owner, key, the day, the first one of its month. One
 * statement, so that an answer that ends meanwhile is either running or spent.
 */
const TAKEN = `
  SELECT (SELECT ${SPENT} WHERE ${OF_KEY} AND day = $3) AS of_day,
    (SELECT ${SPENT} WHERE ${OF_KEY} AND day BETWEEN $4 AND $3) AS of_month,
    (SELECT COALESCE(SUM(COALESCE(prompt_estimate, 0) + COALESCE(max_tokens, 0)), 0) FROM generations
     WHERE ${RUNS} AND owner_id = $1 AND COALESCE(usage_key, owner_id) = $2) AS running`;

type TakenRow = Record<'of_day' | 'of_month' | 'running', string | number>;

/** What counts against the quotas of a key, as this session sees it. */
export async function readTaken(
  session: SqlSession,
  { ownerId, keyName }: UsageSubject,
  day: UtcDay,
): Promise<TakenTokens> {
  const [row] = await session.query<TakenRow>(TAKEN, [ownerId, keyName, day, monthOf(day)]);
  return {
    day: Number(row?.of_day ?? 0),
    month: Number(row?.of_month ?? 0),
    running: Number(row?.running ?? 0),
  };
}
