import { isScope, type ApiKeyChange, type ApiKeyRecord } from '../../domain/api-key.js';
import type { SqlValue } from './database/sql-database.js';

type Stored = string | number | null;

/** A row of `api_keys`; PostgreSQL gives a `bigint` as text. */
export interface KeyRow {
  id: string;
  digest: string;
  name: string;
  owner_id: string;
  scopes: string;
  models: string | null;
  requests: Stored;
  streams: Stored;
  tokens_day: Stored;
  tokens_month: Stored;
  hint: string;
  created_at: string | number;
  expires_at: Stored;
  last_used_at: Stored;
  revoked_at: Stored;
}

export function toKey(row: KeyRow): ApiKeyRecord {
  const models: unknown = row.models === null ? null : JSON.parse(row.models);
  return {
    id: row.id,
    digest: row.digest,
    name: row.name,
    owner: row.owner_id,
    scopes: row.scopes.split(',').filter(isScope),
    models: Array.isArray(models) ? models.map(String) : null,
    limits: {
      requests: numberOf(row.requests),
      streams: numberOf(row.streams),
      tokensDay: numberOf(row.tokens_day),
      tokensMonth: numberOf(row.tokens_month),
    },
    hint: row.hint,
    createdAt: Number(row.created_at),
    expiresAt: numberOf(row.expires_at),
    lastUsedAt: numberOf(row.last_used_at),
    revokedAt: numberOf(row.revoked_at),
  };
}

function numberOf(value: Stored): number | null {
  return value === null ? null : Number(value);
}

/** The columns that a change sets. */
export function changedColumns(change: ApiKeyChange): [column: string, value: SqlValue][] {
  const { owner, scopes, models, limits = {}, expiresAt } = change;
  const columns: [string, SqlValue | undefined][] = [
    ['owner_id', owner],
    ['scopes', scopes?.join(',')],
    ['models', models && JSON.stringify(models)],
    ['requests', limits.requests],
    ['streams', limits.streams],
    ['tokens_day', limits.tokensDay],
    ['tokens_month', limits.tokensMonth],
    ['expires_at', expiresAt],
  ];
  return columns.flatMap(([column, value]) => (value === undefined ? [] : [[column, value]]));
}
