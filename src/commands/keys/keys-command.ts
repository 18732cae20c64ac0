import { randomUUID } from 'node:crypto';
import { keyDigest, keyHint, newKey } from '../../common/api-key-text.js';
import { loadSettings } from '../../config/load-settings.js';
import type { Settings } from '../../config/settings.js';
import { NO_LIMITS } from '../../domain/access-grant.js';
import { sameKeyName, type ApiKeyChange, type ApiKeyRecord } from '../../domain/api-key.js';
import type { KeyStore } from '../../store/key-store.js';
import { audited } from '../audited.js';
import { CommandError, UsageError } from '../command-error.js';
import type { Outcome } from '../run-command.js';
import { isKeyName, keyArguments, USAGE } from './key-options.js';
import { keyJson, keyTable, listedKeyJson } from './key-json.js';
import { withKeys } from './with-keys.js';

const UNKNOWN = 'There is no key with this name or id';

/** What a command works with. */
interface Asked {
  readonly settings: Settings;
  readonly keys: KeyStore;
  readonly name: string;
  readonly change: ApiKeyChange;
  readonly now: number;
}

const COMMANDS: Record<string, (asked: Asked) => Promise<Outcome>> = {
  create,
  update,
  revoke,
};

/** `keys create|list|update|revoke …`: the keys of the configured store, past the service. */
export async function keysCommand(args: readonly string[]): Promise<Outcome> {
  const now = Date.now();
  const { command, names, change } = keyArguments(args, now);
  const [name = '', ...others] = names;
  const changes = Object.keys(change).length > 0;
  if (command === 'list' && names.length === 0 && !changes) return listed(now);
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!run || others.length > 0 || (command === 'revoke' && changes)) throw new UsageError(USAGE);
  if (!isKeyName(name))
    throw new UsageError('NAME: expected 1 to 64 letters, digits, dots, dashes or underscores');
  if (command === 'update' && !changes) throw new UsageError(USAGE);
  const { settings } = loadSettings();
  return withKeys(settings, (keys) => run({ settings, keys, name, change, now }));
}

async function listed(now: number): Promise<Outcome> {
  const all = await withKeys(loadSettings().settings, (keys) => keys.all());
  const sentence = `${String(all.length)} key${all.length === 1 ? '' : 's'}`;
  return { sentence, json: all.map(listedKeyJson), lines: keyTable(all, now) };
}

async function create({ settings, keys, name, change, now }: Asked): Promise<Outcome> {
  if (settings.api.keys.some(({ owner }) => sameKeyName(owner, name)))
    throw new CommandError('NAME: a key of API_KEYS has this name');
  const key = newKey();
  const record: ApiKeyRecord = {
    id: randomUUID(),
    digest: keyDigest(key),
    name,
    owner: change.owner ?? name,
    scopes: change.scopes ?? ['chat'],
    models: change.models ?? null,
    limits: { ...NO_LIMITS, ...change.limits },
    hint: keyHint(key),
    createdAt: now,
    expiresAt: change.expiresAt ?? null,
    lastUsedAt: null,
    revokedAt: null,
  };
  await audited(() => added(keys, record), keyAct('key.create'));
  return {
    sentence: 'Made the key; it is not shown again',
    json: { ...keyJson(record), key },
    lines: [key],
    takeBack: () => revokeUnseen(settings, record.id),
  };
}

/** A key that nobody has seen would only stand in the way of its name. */
async function revokeUnseen(settings: Settings, id: string): Promise<string> {
  try {
    await withKeys(settings, (keys) => revoked(keys, id, Date.now()));
    return 'so the key was revoked';
  } catch {
    return 'and the new key could not be revoked: revoke it';
  }
}

async function update({ keys, name, change }: Asked): Promise<Outcome> {
  const key = await named(keys, name);
  const changed = await audited(
    async () =>
      there(await keys.update(key.id, change), 'The key is revoked, or another has its name now'),
    keyAct('key.update'),
  );
  return { sentence: 'Changed the key', json: listedKeyJson(changed) };
}

async function revoke({ keys, name, now }: Asked): Promise<Outcome> {
  const key = await named(keys, name);
  return {
    sentence: 'The key is revoked',
    json: listedKeyJson(await revoked(keys, key.id, now)),
  };
}

function revoked(keys: KeyStore, id: string, now: number): Promise<ApiKeyRecord> {
  return audited(async () => there(await keys.revoke(id, now), UNKNOWN), keyAct('key.revoke'));
}

/** The key of an id, or the one that has a name; else the last that had it. */
async function named(keys: KeyStore, name: string): Promise<ApiKeyRecord> {
  const all = await keys.all();
  const ofName = all.filter((key) => sameKeyName(key.name, name)).reverse();
  const found =
    ofName.find(({ revokedAt }) => revokedAt === null) ??
    all.find(({ id }) => id === name.toLowerCase()) ??
    ofName[0];
  return there(found, UNKNOWN);
}

async function added(keys: KeyStore, record: ApiKeyRecord): Promise<ApiKeyRecord> {
  if (await keys.add(record)) return record;
  throw new CommandError('NAME: a live key has this name; revoke it first, or choose another');
}

function there(key: ApiKeyRecord | null | undefined, otherwise: string): ApiKeyRecord {
  if (key) return key;
  throw new CommandError(otherwise);
}

function keyAct(action: 'key.create' | 'key.update' | 'key.revoke') {
  return ({ owner, name }: ApiKeyRecord) => ({ action, owner, target: name });
}
