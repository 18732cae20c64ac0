import {
  NO_TURN,
  stateAtClaim,
  type GenerationEnd,
  type GenerationRecord,
  type NewGeneration,
  type StagedTurn,
  type StopSignal,
} from '../../domain/generation.js';
import type { Written } from '../../domain/parts.js';
import type { SpentTokens, TokenClaim, UtcDay } from '../../domain/token-usage.js';
import { dayOf } from '../../domain/utc-days.js';
import { holdsIds } from '../rules/end.js';

/**
 * A generation in a store of one process. Rows are replaced, never changed in place. `response` is
 * filled in at the end; while it runs the text is that of the log.
 */
export interface GenerationRow extends GenerationRecord {
  readonly turn: StagedTurn;
  /** As in `NewGeneration`. */
  readonly isKept: boolean;
  /** For whom it is counted, and what it may take. */
  readonly tokens: Omit<TokenClaim, 'quotas'>;
  /** What was counted at its end; null: nothing. */
  readonly spent: SpentTokens | null;
  /** The stream slot it took, if it asked for one. */
  readonly slot: string | null;
  /** False once it failed without committing anything: its public id and its key are free again. */
  readonly holdsIds: boolean;
  readonly stop: StopSignal | null;
  /** Whether it is to stop unless somebody reads it. */
  readonly unreadStop: boolean;
  /** Workers with readers of it. */
  readonly watchers: readonly string[];
  /** Whether its log can still be read. */
  readonly hasLog: boolean;
  /** Set only in what is stored: its message is being deleted (`GenerationEraser`). */
  readonly isErasing: boolean;
}

const NO_WATCHERS: readonly string[] = [];

export function isRunning(row: GenerationRecord): boolean {
  return row.status === 'queued' || row.status === 'running';
}

/** Whether its record stays, however old it is: its answer is a message. */
export function isKeptMessage({ isKept, committed, conversationDeleted }: GenerationRow): boolean {
  return isKept && committed && !conversationDeleted;
}

/** The day in whose usage it is counted; null where it is not. */
export function spentOn({ spent, finishedAt }: GenerationRow): UtcDay | null {
  return spent === null || finishedAt === null ? null : dayOf(finishedAt);
}

/** Field by field: a copy without `slots`, spread over the rest, would take five times as long. */
export function newRow(generation: NewGeneration, slot: string | null): GenerationRow {
  const { status, phase, startedAt } = stateAtClaim(generation);
  const { keyName, promptTokens, maxTokens } = generation.tokens;
  return {
    key: generation.key,
    id: generation.id,
    ownerId: generation.ownerId,
    stateless: generation.stateless,
    isKept: generation.isKept,
    conversationId: generation.conversationId,
    messageId: generation.messageId,
    answerParentId: generation.answerParentId,
    model: generation.model,
    createdAt: generation.createdAt,
    workerId: generation.workerId,
    onDisconnect: generation.onDisconnect,
    turn: generation.turn,
    idempotency: generation.idempotency,
    echo: generation.echo,
    tokens: { keyName, promptTokens, maxTokens },
    spent: null,
    slot,
    status,
    phase,
    startedAt,
    finishedAt: null,
    response: '',
    parts: null,
    report: null,
    seq: 0,
    finishReason: null,
    usage: null,
    error: null,
    upstreamClosed: false,
    conversationDeleted: false,
    committed: false,
    holdsIds: true,
    stop: null,
    unreadStop: false,
    watchers: NO_WATCHERS,
    hasLog: true,
    isErasing: false,
  };
}

/** The row's fields once it has ended, field by field as above. The staged texts are no longer needed. */
export function endOf(end: GenerationEnd, committed: boolean, conversationDeleted: boolean) {
  return {
    status: end.status,
    phase: end.phase,
    finishReason: end.finishReason,
    usage: end.usage,
    response: end.response,
    parts: end.parts,
    report: end.report,
    spent: end.spent,
    seq: end.seq,
    error: end.error,
    finishedAt: end.finishedAt,
    upstreamClosed: end.upstreamClosed,
    committed,
    conversationDeleted,
    holdsIds: holdsIds(end, committed),
    turn: NO_TURN,
  };
}

/** An ended row after its conversation was deleted. */
export const ERASED = {
  conversationDeleted: true,
  response: '',
  parts: null,
  echo: null,
  hasLog: false,
} as const;

export function isErased({ conversationDeleted, hasLog, echo, ...texts }: GenerationRow): boolean {
  const hasText = texts.response !== '' || texts.parts !== null || echo !== null;
  return conversationDeleted && !hasLog && !hasText;
}

/** An ended row of a stateless generation after its log was removed: it is the only place of the texts. */
export const FORGOTTEN = { response: '', parts: null, hasLog: false } as const;

/** What is removed of a kept row when others go: its texts, which its message has, and what was counted. */
export const RECORD_ALONE = { ...FORGOTTEN, spent: null } as const;

/** The record of a row, with what its log has while it runs. */
export function toRecord(row: GenerationRow, { response, parts }: Written): GenerationRecord {
  const {
    turn: _turn,
    isKept: _isKept,
    tokens: _tokens,
    spent: _spent,
    slot: _slot,
    holdsIds: _holdsIds,
    stop: _stop,
    unreadStop: _unreadStop,
    watchers: _watchers,
    hasLog: _hasLog,
    isErasing: _isErasing,
    ...record
  } = row;
  return { ...record, response, parts };
}
