import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError, invalidField } from '../common/errors/app-error.js';
import { rateLimitConfig } from '../config/namespaces.js';
import { NO_LIMITS, type AccessGrant } from '../domain/access-grant.js';
import { DEFAULT_OWNER } from '../domain/owner.js';
import { tokenLimits, type TokenLimit } from '../domain/token-limits.js';
import { quotasOf, type UsageItem, type UtcDay } from '../domain/token-usage.js';
import { dayAfter, dayOf, daysFrom } from '../domain/utc-days.js';
import { Store } from '../store/store.js';
import type { DayRange } from '../store/usage-store.js';

const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;
const ALL_OWNERS = '*';

/** What is asked for; null: the default. */
export interface UsageQuestion {
  readonly from: UtcDay | null;
  readonly to: UtcDay | null;
  /** An owner, or `*`; null: that of the key. */
  readonly owner: string | null;
}

export interface UsageReport {
  readonly key: AccessGrant;
  readonly days: DayRange;
  readonly items: readonly UsageItem[];
  readonly limits: readonly TokenLimit[];
}

/** Without keys all requests are those of one, which may do all of its owner's. */
const NO_KEY: AccessGrant = {
  name: DEFAULT_OWNER,
  owner: DEFAULT_OWNER,
  scopes: ['chat'],
  models: null,
  limits: NO_LIMITS,
  expiresAt: null,
};

/** What answers took, and what is left of quotas. */
@Injectable()
export class UsageService {
  constructor(
    private readonly store: Store,
    @Inject(rateLimitConfig.KEY) private readonly configured: ConfigType<typeof rateLimitConfig>,
  ) {}

  /** Throws `scope_missing` where an owner is named without the scope `admin`, `validation` for the days. */
  async report(grant: AccessGrant | null, question: UsageQuestion): Promise<UsageReport> {
    const key = grant ?? NO_KEY;
    const { owner } = question;
    if (owner !== null && !key.scopes.includes('admin'))
      throw new AppError('scope_missing', 'This key may not do that: it needs the scope admin');
    const today = dayOf(Date.now());
    const days = rangeOf(question, today);
    const ownerId = owner === ALL_OWNERS ? null : (owner ?? key.owner);
    const items = await this.store.usage.read(ownerId, days);
    return { key, days, items, limits: await this.limits(key, today) };
  }

  private async limits(key: AccessGrant, today: UtcDay): Promise<TokenLimit[]> {
    const quotas = quotasOf(key.limits, this.configured);
    if (!quotas) return [];
    const subject = { ownerId: key.owner, keyName: key.name };
    return tokenLimits(quotas, await this.store.usage.taken(subject, today), today);
  }
}

function rangeOf({ from, to }: UsageQuestion, today: UtcDay): DayRange {
  const last = to ?? today;
  const first = from ?? dayAfter(last, 1 - DEFAULT_DAYS);
  if (first > last) throw invalidField({ field: 'from', message: 'must not be after to' });
  if (daysFrom(first, last) > MOST_DAYS)
    throw invalidField({ field: 'from', message: `must be at most ${MOST_DAYS} days with to` });
  return { from: first, to: last };
}
