import { parseArgs } from 'node:util';
import type { GrantLimits, Scope } from '../../domain/access-grant.js';
import { isScope, SCOPES, type ApiKeyChange } from '../../domain/api-key.js';
import { UsageError } from '../command-error.js';

/** For `--help`. */
export const HELP = [
  'Usage: node dist/src/keys.js COMMAND',
  '  create NAME [OPTION…]',
  '  list',
  '  update NAME OPTION…',
  '  revoke NAME',
  '  each with --json where a script reads it',
  'Options of create and update:',
  '  --owner O',
  '  --scopes chat,read,admin',
  '  --expires 90d (a number with s, m, h or d)',
  '  --models a,b',
  '  --requests N',
  '  --streams N',
  '  --tokens-day N',
  '  --tokens-month N',
  'none in place of an expiry, models or a limit takes it away. revoke and update take an id, too.',
];

/** For wrong use, in one sentence. */
export const USAGE = 'Usage: create, list, update or revoke, with the arguments that --help shows';

const OPTIONS = {
  owner: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  models: { type: 'string' },
  requests: { type: 'string' },
  streams: { type: 'string' },
  'tokens-day': { type: 'string' },
  'tokens-month': { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** A command with its arguments; nothing is known of the key yet. */
export interface KeyArguments {
  command: string;
  /** NAME, or an id. */
  names: readonly string[];
  change: ApiKeyChange;
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** A subject of an identity provider may have keys too. */
const SUBJECT = /^oidc:[\x21-\x7e]{1,255}$/;
const MODEL = /^[^\s,]{1,100}$/u;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** A hundred years. */
const MOST_MS = 36_525 * UNIT_MS.d;
/** As for the settings that they replace. */
const MOST_REQUESTS = 1_000_000;
const MOST_STREAMS = 100_000;
const MOST_TOKENS = 1_000_000_000_000_000;
const NONE = 'none';

/** @throws UsageError for what no command takes; it quotes no argument */
export function keyArguments(args: readonly string[], now: number): KeyArguments {
  const { values, positionals } = parsed(args);
  const [command = '', ...names] = positionals;
  return { command, names, change: changeOf(values, now) };
}

export function isKeyName(text: string): boolean {
  return NAME.test(text);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch {
    throw new UsageError(USAGE);
  }
}

type Values = ReturnType<typeof parsed>['values'];

function changeOf(values: Values, now: number): ApiKeyChange {
  const { owner, scopes, models, expires } = values;
  const limits = limitsOf(values);
  return {
    ...(owner !== undefined && { owner: ownerIn(owner) }),
    ...(scopes !== undefined && { scopes: scopesIn(scopes) }),
    ...(models !== undefined && { models: orNone(models, modelsIn) }),
    ...(expires !== undefined && { expiresAt: orNone(expires, (text) => now + timeIn(text)) }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

function limitsOf(values: Values): Partial<GrantLimits> {
  const { requests, streams, 'tokens-day': day, 'tokens-month': month } = values;
  const given = (
    name: keyof GrantLimits,
    text: string | undefined,
    min: number,
    max: number,
  ): Partial<GrantLimits> =>
    text === undefined ? {} : { [name]: orNone(text, (count) => countIn(count, min, max)) };
  return {
    ...given('requests', requests, 1, MOST_REQUESTS),
    ...given('streams', streams, 1, MOST_STREAMS),
    ...given('tokensDay', day, 0, MOST_TOKENS),
    ...given('tokensMonth', month, 0, MOST_TOKENS),
  };
}

function orNone<T>(text: string, read: (text: string) => T): T | null {
  return text === NONE ? null : read(text);
}

function ownerIn(text: string): string {
  if (NAME.test(text) || SUBJECT.test(text)) return text;
  throw new UsageError('--owner: expected 1 to 64 letters, digits, dots, dashes or underscores');
}

function scopesIn(text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  if (!words.every(isScope))
    throw new UsageError(`--scopes: expected some of ${SCOPES.join(', ')}`);
  return SCOPES.filter((scope) => words.includes(scope));
}

function modelsIn(text: string): string[] {
  const models = [...new Set(text.split(',').map((model) => model.trim()))];
  if (models.every((model) => MODEL.test(model))) return models;
  throw new UsageError('--models: expected names of models, separated by commas');
}

/** In milliseconds. */
function timeIn(text: string): number {
  const [, count, unit] = /^(\d{1,12})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (isUnit(unit) ? UNIT_MS[unit] : 0);
  if (ms > 0 && ms <= MOST_MS) return ms;
  throw new UsageError('--expires: expected a number above 0 with s, m, h or d, such as 90d');
}

function isUnit(text: string | undefined): text is keyof typeof UNIT_MS {
  return text !== undefined && Object.hasOwn(UNIT_MS, text);
}

function countIn(text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `a limit: expected a whole number from ${String(min)} to ${String(max)}, or ${NONE}`,
  );
}
