import { NO_LIMITS, type AccessGrant } from '../../src/domain/access-grant.js';
import { tokenLimits } from '../../src/domain/token-limits.js';
import { estimatedAnswer, quotasOf, spentTokens } from '../../src/domain/token-usage.js';
import { dayAfter, dayOf, daysFrom, isDay, monthWindow } from '../../src/domain/utc-days.js';
import { TokensLimitError } from '../../src/generation/tokens-limit-error.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { usageItem } from '../../src/store/rules/usage.js';
import { UsageRetention } from '../../src/usage/usage-retention.js';
import { UsageService } from '../../src/usage/usage.service.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';

const NOW = Date.now();
const TODAY = dayOf(NOW);
const ASK = { from: null, to: null, owner: null };

const grant = (over: Partial<AccessGrant>): AccessGrant => ({
  name: 'laptop',
  owner: 'ann',
  scopes: ['chat'],
  models: null,
  limits: NO_LIMITS,
  expiresAt: null,
  ...over,
});

describe('the report of usage', () => {
  const store = new MemoryStore();
  const service = new UsageService(store, testSettings({ rateLimit: { tokensDay: 7 } }).rateLimit);
  const spent = { promptTokens: 5, completionTokens: 1, estimatedTokens: 0 };
  const add = (ownerId: string, keyName: string) =>
    usageItem(
      { ownerId, keyName, model: 'llama2' },
      { status: 'completed', finishedAt: NOW },
      spent,
    );
  beforeAll(() =>
    store.usage.replaceAll([add('ann', 'laptop'), add('ann', 'phone'), add('bob', 'bob')]),
  );

  const keysIn = async (key: AccessGrant | null, owner: string | null) =>
    (await service.report(key, { ...ASK, owner })).items.map(({ keyName }) => keyName);

  it('has all keys of the owner; of others only for the scope admin', async () => {
    expect(await keysIn(grant({}), null)).toEqual(['laptop', 'phone']);
    const admin = grant({ owner: 'root', scopes: ['admin'] });
    expect(await keysIn(admin, null)).toEqual([]);
    expect(await keysIn(admin, 'bob')).toEqual(['bob']);
    expect(await keysIn(admin, '*')).toEqual(['bob', 'laptop', 'phone']);
    for (const [key, owner] of [
      [grant({}), 'ann'],
      [grant({}), '*'],
      [null, '*'],
    ] as const)
      await expect(keysIn(key, owner)).rejects.toMatchObject({ reason: 'scope_missing' });
  });

  it("has the key's own quotas, else the configured ones, and what that key took", async () => {
    const limitsOf = async (key: AccessGrant | null) =>
      (await service.report(key, ASK)).limits.map(({ name, limit, used }) => [name, limit, used]);
    expect(await limitsOf(grant({}))).toEqual([['tokens-day', 7, 6]]);
    const own = { ...NO_LIMITS, tokensDay: 100, tokensMonth: 200 };
    expect(await limitsOf(grant({ limits: own }))).toEqual([
      ['tokens-day', 100, 6],
      ['tokens-month', 200, 6],
    ]);
    expect(await limitsOf(null)).toEqual([['tokens-day', 7, 0]]);
  });
});

it('0 is no quota', () => {
  const none = { tokensDay: 0, tokensMonth: 0 };
  expect(quotasOf(null, none)).toBeNull();
  expect(quotasOf({ tokensDay: null, tokensMonth: 3 }, { tokensDay: 2, tokensMonth: 0 })).toEqual({
    day: 2,
    month: 3,
  });
});

it('days and months are those of UTC', () => {
  expect(dayOf(Date.parse('2026-02-28T23:59:59.999Z'))).toBe('2026-02-28');
  expect(dayAfter('2026-02-28', 1)).toBe('2026-03-01');
  expect(daysFrom('2025-12-31', '2026-01-01')).toBe(2);
  expect(monthWindow('2024-02-29').end - monthWindow('2024-02-29').start).toBe(29 * 86_400_000);
  expect(['2024-02-29', '2026-02-29', '2026-1-1', '2026-13-01'].filter(isDay)).toEqual([
    '2024-02-29',
  ]);
});

it('an answer is estimated by its events, or by its bytes where they are more', () => {
  const text = (response: string) => ({ response, parts: null });
  expect(estimatedAnswer(text('abc'), 3)).toBe(3);
  expect(estimatedAnswer(text('x'.repeat(41)), 1)).toBe(11);
  const thinking = { list: [{ thinking: 'x'.repeat(40) }], thinkingMs: null };
  expect(estimatedAnswer({ response: '', parts: thinking }, 1)).toBe(10);
  const counted = { promptTokens: null, completionTokens: 4 };
  expect(spentTokens(counted, { promptTokens: 9, completionTokens: 1 })).toEqual({
    promptTokens: 9,
    completionTokens: 4,
    estimatedTokens: 9,
  });
});

it('a refusal says when the last window that is used up ends, or to come back soon', () => {
  const quotas = { day: 10, month: 20 };
  const at = (day: number, month: number) =>
    new TokensLimitError(tokenLimits(quotas, { day, month }, TODAY), NOW).retryAfter ?? 0;
  const day = Math.ceil((Date.parse(`${dayAfter(TODAY, 1)}T00:00:00Z`) - NOW) / 1000);
  const month = Math.ceil((monthWindow(TODAY).end - NOW) / 1000);
  expect([at(9, 9), at(10, 19), at(10, 20), at(0, 20)]).toEqual([1, day, month, month]);
});

describe('what is kept of usage', () => {
  it('is 400 days', async () => {
    const store = new MemoryStore();
    const spent = { promptTokens: 5, completionTokens: 1, estimatedTokens: 0 };
    const subject = { ownerId: 'ann', keyName: 'laptop', model: 'llama2' };
    const end = { status: 'completed', finishedAt: NOW } as const;
    const days = [0, -399, -400].map((ago) => dayAfter(TODAY, ago));
    await store.usage.replaceAll(days.map((day) => ({ ...usageItem(subject, end, spent), day })));
    const retention = new UsageRetention(store, new RecordingLogger());
    retention.onApplicationBootstrap();
    retention.onApplicationShutdown();
    const sorted = days.slice(0, 2).sort();
    expect((await store.usage.all()).map(({ day }) => day)).toEqual(sorted);
  });
});
