import { isExpired, type ApiKeyRecord } from '../../domain/api-key.js';

/** A key for a script; the key itself is there once, where it was made. */
export function keyJson(record: ApiKeyRecord) {
  const { id, name, owner, scopes, models, limits } = record;
  return {
    id,
    name,
    owner,
    scopes,
    models,
    limits: {
      requests: limits.requests,
      streams: limits.streams,
      tokens_day: limits.tokensDay,
      tokens_month: limits.tokensMonth,
    },
    created_at: timeText(record.createdAt),
    expires_at: timeText(record.expiresAt),
    last_used_at: timeText(record.lastUsedAt),
    revoked_at: timeText(record.revokedAt),
  };
}

export function listedKeyJson(record: ApiKeyRecord) {
  return { ...keyJson(record), hint: record.hint };
}

const HEAD = ['NAME', 'OWNER', 'STATE', 'SCOPES', 'MODELS', 'LIMITS', 'EXPIRES', 'USED', 'KEY'];

/** The keys as lines for a person. */
export function keyTable(keys: readonly ApiKeyRecord[], now: number): string[] {
  const rows = [HEAD, ...keys.map((key) => cells(key, now))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cells(key: ApiKeyRecord, now: number): string[] {
  const { limits } = key;
  const named = { requests: limits.requests, streams: limits.streams };
  const counts = { ...named, day: limits.tokensDay, month: limits.tokensMonth };
  const set = Object.entries(counts).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${String(value)}`],
  );
  return [
    key.name,
    key.owner,
    stateOf(key, now),
    key.scopes.join(','),
    key.models?.join(',') ?? '-',
    set.join(',') || '-',
    timeText(key.expiresAt) ?? '-',
    timeText(key.lastUsedAt) ?? '-',
    `${key.hint}…`,
  ];
}

function stateOf(key: ApiKeyRecord, now: number): string {
  if (key.revokedAt !== null) return 'revoked';
  return isExpired(key, now) ? 'expired' : 'live';
}

function timeText(time: null): null;
function timeText(time: number | null): string | null;
function timeText(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
