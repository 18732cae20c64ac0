import type { Usage } from '../../../domain/conversation.js';
import type { GenerationError, GenerationRecord, LogBatch } from '../../../domain/generation.js';
import type { AnsweredBy } from '../../rules/end.js';
import { writtenIn } from '../../rules/log.js';
import { decodeParts, decodeReport } from '../../support/answer-json.js';
import type { TurnState } from '../entities/generation.entity.js';

/** Columns of a generation that its record shows. */
export const RECORD_COLUMNS = [
  'key, public_id, owner_id, conversation_id, message_id, answer_parent_id, model, status, phase',
  'created_at, started_at, finished_at, response, seq, finish_reason',
  'prompt_tokens, completion_tokens, error_text, error_code, error_reason, upstream_closed',
  'on_disconnect, worker_id, idempotency_key, idempotency_fingerprint',
  'conversation_deleted, turn_state, parts, report, stateless, echo, kept, swept',
].join(', ');

/** As the drivers give it: PostgreSQL's bigint is text, SQLite's boolean a number. */
export interface RecordRow {
  key: string;
  public_id: string;
  owner_id: string;
  conversation_id: string;
  message_id: string;
  answer_parent_id: string | null;
  model: string;
  status: GenerationRecord['status'];
  phase: GenerationRecord['phase'];
  created_at: string | number;
  started_at: string | number | null;
  finished_at: string | number | null;
  response: string;
  seq: number;
  finish_reason: GenerationRecord['finishReason'];
  prompt_tokens: number | null;
  completion_tokens: number | null;
  error_text: string | null;
  error_code: string | null;
  error_reason: string | null;
  upstream_closed: boolean | number;
  on_disconnect: GenerationRecord['onDisconnect'];
  worker_id: string;
  idempotency_key: string | null;
  idempotency_fingerprint: string | null;
  conversation_deleted: boolean | number;
  turn_state: TurnState;
  parts: string | null;
  report: string | null;
  stateless: boolean | number;
  echo: string | null;
  kept: boolean | number;
  swept: boolean | number;
}

export function isRunning(row: RecordRow): boolean {
  return row.finished_at === null;
}

/** Whether only the message of its answer has its texts: the sweep removes those of a kept one. */
export function hasTextsInMessage(row: RecordRow): boolean {
  return Boolean(row.kept) && Boolean(row.swept) && row.response === '' && row.parts === null;
}

/** The record of an ended generation, or of a running one with its stored log. */
export function toRecord(row: RecordRow, log: LogBatch[]): GenerationRecord {
  const { response, parts, seq } = isRunning(row)
    ? writtenIn(log)
    : { ...row, parts: decodeParts(row.parts) };
  const { idempotency_key: key, idempotency_fingerprint: fingerprint } = row;
  const stateless = Boolean(row.stateless);
  return {
    key: row.key,
    id: row.public_id,
    ownerId: row.owner_id,
    stateless,
    conversationId: row.conversation_id,
    messageId: row.message_id,
    answerParentId: row.answer_parent_id,
    model: row.model,
    status: row.status,
    phase: row.phase,
    createdAt: Number(row.created_at),
    startedAt: toTime(row.started_at),
    finishedAt: toTime(row.finished_at),
    response,
    parts,
    report: decodeReport(row.report),
    seq,
    finishReason: row.finish_reason,
    usage: toUsage(row),
    error: toError(row),
    upstreamClosed: Boolean(row.upstream_closed),
    onDisconnect: row.on_disconnect,
    workerId: row.worker_id,
    idempotency: key === null || fingerprint === null ? null : { key, fingerprint },
    echo: row.echo,
    // An earlier release that ends one finds no conversation, and says that it was deleted.
    conversationDeleted: !stateless && Boolean(row.conversation_deleted),
    committed: row.turn_state !== 'staged',
  };
}

/** The columns that determine how an answer is shown. */
export type AnswerColumns = Pick<
  RecordRow,
  'status' | 'response' | 'parts' | 'finish_reason' | 'prompt_tokens' | 'completion_tokens'
>;

export function toAnswer(row: AnswerColumns): AnsweredBy {
  const { status, response, finish_reason: finishReason } = row;
  return { status, response, parts: decodeParts(row.parts), finishReason, usage: toUsage(row) };
}

export function toUsage(row: {
  prompt_tokens: number | null;
  completion_tokens: number | null;
}): Usage | null {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = row;
  return promptTokens === null && completionTokens === null
    ? null
    : { promptTokens, completionTokens };
}

function toTime(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}

function toError(row: RecordRow): GenerationError | null {
  const { error_text: error, error_code: code, error_reason: reason } = row;
  return error === null || code === null || reason === null ? null : { error, code, reason };
}

/**
 * Condition that a generation which a statement finds by its key still runs. With a plain
 * `finished_at IS NULL` both databases use the index of all running generations, which they
 * estimate to be small, and scan all of a worker's generations to find the one; SQLite once for
 * each log of an append.
 */
export const STILL_RUNS = 'COALESCE(finished_at, 0) = 0';

/** Condition of all that run, where they are looked for: both dialects have an index of them. */
export const RUNS = 'conversation_lock IS NOT NULL AND finished_at IS NULL';
