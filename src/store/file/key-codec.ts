import type { GrantLimits } from '../../domain/access-grant.js';
import { isScope, type ApiKeyChange, type ApiKeyRecord } from '../../domain/api-key.js';
import { actsOf, type KeyAct } from '../rules/key-journal.js';

const VERSION = 1;

type Fields = Readonly<Record<string, unknown>>;

const LIMITS = ['requests', 'streams', 'tokensDay', 'tokensMonth'] as const;

/** One line of the journal. */
export function encodeAct(act: KeyAct): string {
  return JSON.stringify({ version: VERSION, ...act });
}

/** A journal of keys in the order they were made. */
export function encodeKeys(keys: readonly ApiKeyRecord[]): string {
  return actsOf(keys)
    .map((act) => `${encodeAct(act)}\n`)
    .join('');
}

/** The acts of a journal, without lines that are torn. */
export function decodeActs(text: string): KeyAct[] {
  return text.split('\n').flatMap((line) => decodeAct(line) ?? []);
}

function decodeAct(line: string): KeyAct | null {
  const act = parsed(line);
  if (act?.['version'] !== VERSION) return null;
  const { id, at } = act;
  switch (act['act']) {
    case 'add': {
      const key = isFields(act['key']) ? toKey(act['key']) : null;
      return key && { act: 'add', key };
    }
    case 'update':
      return typeof id === 'string' && isFields(act['change'])
        ? { act: 'update', id, change: toChange(act['change']) }
        : null;
    case 'revoke':
      return typeof id === 'string' && typeof at === 'number' ? { act: 'revoke', id, at } : null;
    default:
      return null;
  }
}

function toKey(fields: Fields): ApiKeyRecord | null {
  const { id, digest, name, owner, hint, createdAt } = fields;
  if (typeof id !== 'string' || typeof digest !== 'string' || typeof name !== 'string') return null;
  if (typeof owner !== 'string' || typeof hint !== 'string' || typeof createdAt !== 'number')
    return null;
  return {
    id,
    digest,
    name,
    owner,
    scopes: textsOf(fields['scopes'])?.filter(isScope) ?? [],
    models: textsOf(fields['models']),
    limits: {
      requests: null,
      streams: null,
      tokensDay: null,
      tokensMonth: null,
      ...limitsOf(fields['limits']),
    },
    hint,
    createdAt,
    expiresAt: numberOf(fields['expiresAt']),
    lastUsedAt: numberOf(fields['lastUsedAt']),
    revokedAt: numberOf(fields['revokedAt']),
  };
}

/** What stands there is changed, to null too. */
function toChange(fields: Fields): ApiKeyChange {
  const { owner } = fields;
  return {
    ...(typeof owner === 'string' && { owner }),
    ...('scopes' in fields && { scopes: textsOf(fields['scopes'])?.filter(isScope) ?? [] }),
    ...('models' in fields && { models: textsOf(fields['models']) }),
    ...('limits' in fields && { limits: limitsOf(fields['limits']) }),
    ...('expiresAt' in fields && { expiresAt: numberOf(fields['expiresAt']) }),
  };
}

function limitsOf(value: unknown): Partial<GrantLimits> {
  if (!isFields(value)) return {};
  const given = LIMITS.filter((name) => name in value);
  return Object.fromEntries(given.map((name) => [name, numberOf(value[name])]));
}

function textsOf(value: unknown): string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}
