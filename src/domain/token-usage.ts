import type { Usage } from './conversation.js';
import { thinkingOf, toolCallsOf, type Written } from './parts.js';

/** A day in UTC, such as `2026-11-25`: days are compared as texts. */
export type UtcDay = string;

/** Whose tokens are counted together, and against whose quotas: a key of an owner. */
export interface UsageSubject {
  readonly ownerId: string;
  readonly keyName: string;
}

/** What one answer took; an estimate where the model did not say. */
export interface SpentTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** How many of these were estimated. */
  readonly estimatedTokens: number;
}

/** What answers took together. */
export interface UsageCounts extends SpentTokens {
  /** Completed, cancelled and failed ones. */
  readonly generations: number;
  readonly completed: number;
  readonly cancelled: number;
  readonly failed: number;
}

/** What the answers of one model took for one key on the day of their ends. */
export interface UsageItem extends UsageSubject, UsageCounts {
  readonly day: UtcDay;
  readonly model: string;
}

/** How many tokens may be taken in a calendar day and month of UTC; null: any number. */
export interface TokenQuotas {
  readonly day: number | null;
  readonly month: number | null;
}

/** What counts against a quota: tokens of ended answers, and what running ones may still take. */
export interface TakenTokens {
  readonly day: number;
  readonly month: number;
  readonly running: number;
}

/** What a generation may take, and for whom it is counted. */
export interface TokenClaim {
  /** With its owner the subject. */
  readonly keyName: string;
  /** An estimate of its prompt; null where none was needed before it was sent. */
  readonly promptTokens: number | null;
  /** `max_tokens` of its answer. */
  readonly maxTokens: number;
  /** Null: it is claimed whatever was taken. */
  readonly quotas: TokenQuotas | null;
}

/** Bytes of UTF-8 that are about one token. */
const BYTES_A_TOKEN = 4;

/**
 * The tokens of an answer that its model did not count: one an event, as model servers send them, or one
 * for each four bytes, where a server sends more at once.
 *
 * @param events number of the last event of its log
 */
export function estimatedAnswer({ response, parts }: Written, events: number): number {
  const calls = toolCallsOf(parts);
  const texts = [response, thinkingOf(parts) ?? '', calls ? JSON.stringify(calls) : ''];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return Math.max(events, Math.ceil(bytes / BYTES_A_TOKEN));
}

/** What an answer took by its model's counts, or by estimates where there are none. */
export function spentTokens(
  counted: Usage | null,
  estimated: { promptTokens: number; completionTokens: number },
): SpentTokens {
  const { promptTokens, completionTokens } = counted ?? NOT_COUNTED;
  return {
    promptTokens: promptTokens ?? estimated.promptTokens,
    completionTokens: completionTokens ?? estimated.completionTokens,
    estimatedTokens:
      (promptTokens === null ? estimated.promptTokens : 0) +
      (completionTokens === null ? estimated.completionTokens : 0),
  };
}

const NOT_COUNTED: Usage = { promptTokens: null, completionTokens: null };

/** The quotas of a key: its own, else the configured ones. 0 is none; null where there is none at all. */
export function quotasOf(
  own: { tokensDay: number | null; tokensMonth: number | null } | null,
  configured: { tokensDay: number; tokensMonth: number },
): TokenQuotas | null {
  const day = (own?.tokensDay ?? configured.tokensDay) || null;
  const month = (own?.tokensMonth ?? configured.tokensMonth) || null;
  return day === null && month === null ? null : { day, month };
}
