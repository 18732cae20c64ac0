import { remainingOf, type TokenLimit } from '../domain/token-limits.js';
import type { UsageItem } from '../domain/token-usage.js';
import type { TokenLimitDto, UsageItemDto, UsageReportDto } from './dto/usage-report.dto.js';
import type { UsageReport } from './usage.service.js';

/** @param withOwner whether the items name theirs */
export function toUsageReport(report: UsageReport, withOwner: boolean): UsageReportDto {
  const { key, days, items, limits } = report;
  const { name, owner, scopes, expiresAt } = key;
  return {
    key: {
      name,
      owner,
      scopes: [...scopes],
      expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    },
    from: days.from,
    to: days.to,
    total: {
      generations: sum(items, 'generations'),
      prompt_tokens: sum(items, 'promptTokens'),
      completion_tokens: sum(items, 'completionTokens'),
    },
    items: items.map((item) => toItem(item, withOwner)),
    limits: {
      tokens_day: toLimit(limits, 'tokens-day'),
      tokens_month: toLimit(limits, 'tokens-month'),
    },
  };
}

function sum(
  items: readonly UsageItem[],
  name: 'generations' | 'promptTokens' | 'completionTokens',
): number {
  return items.reduce((total, item) => total + item[name], 0);
}

function toItem(item: UsageItem, withOwner: boolean): UsageItemDto {
  return {
    date: item.day,
    model: item.model,
    key: item.keyName,
    ...(withOwner && { owner: item.ownerId }),
    generations: item.generations,
    completed: item.completed,
    cancelled: item.cancelled,
    failed: item.failed,
    prompt_tokens: item.promptTokens,
    completion_tokens: item.completionTokens,
    estimated_tokens: item.estimatedTokens,
  };
}

function toLimit(limits: readonly TokenLimit[], name: TokenLimit['name']): TokenLimitDto | null {
  const limit = limits.find((one) => one.name === name);
  return limit
    ? {
        limit: limit.limit,
        used: limit.used,
        remaining: remainingOf(limit),
        resets_at: new Date(limit.window.end).toISOString(),
      }
    : null;
}
