import {
  NO_TURN,
  stateAtClaim,
  type EndExtent,
  type GenerationEnd,
  type GenerationPhase,
  type GenerationRecord,
  type LogBatch,
  type NewGeneration,
  type StagedTurn,
  type StopSignal,
} from '../../../domain/generation.js';
import type { SpentTokens, TokenClaim } from '../../../domain/token-usage.js';
import { writtenIn } from '../../rules/log.js';
import { decodeParts, decodeReport, encodeJson } from '../../support/answer-json.js';
import type { WrittenTurn } from '../../support/earlier-turn.js';
import type { SystemPrompt } from '../../conversation-store.js';
import { owned, type Growth } from './conversation-documents.js';
import { fromStoredTurn, toStoredTurn, type StoredTurn } from './staged-turn.js';

/** The places of a turn's messages, reserved before the first of them is written. */
export interface TurnPlace {
  /** State of the conversation that the turn is added to; no turns: it opens the conversation. */
  turns: number;
  messageCount: number;
  /**
   * Place of the answer: a new one; where a release without branches has placed it, perhaps that of the
   * answer it replaces.
   */
  answer: number;
  /** When the turn became messages. */
  at: number;
  /** Missing: a release without branches has placed it. */
  branch?: TurnBranch;
}

/** Where a turn is in the tree of its conversation. */
export interface TurnBranch extends Growth {
  /** As in `ConversationDocument`. */
  opening: SystemPrompt | null;
  /** Title of the conversation, if nobody has named it by then. */
  firstTitle: string | null;
}

/**
 * A stored end, and its extent. Ends of earlier releases have no extent: the whole turn. `keep` is
 * the stored name of `commit`; parts and report are JSON. The parent is in the place of the turn.
 */
export type DecidedEnd = Omit<
  GenerationEnd,
  'commit' | 'parts' | 'report' | 'parentId' | 'spent'
> & {
  keep: boolean;
  /** Missing of an earlier release. */
  spent?: SpentTokens | null;
  parts?: string | null;
  report?: string | null;
  extent?: EndExtent;
};

export function toDecidedEnd({
  commit: keep,
  parts,
  report,
  parentId: _parentId,
  ...end
}: GenerationEnd): DecidedEnd {
  return { ...end, keep, parts: encodeJson(parts), report: encodeJson(report) };
}

export function toEnd({
  keep: commit,
  extent: _extent,
  parts,
  report,
  ...end
}: DecidedEnd): GenerationEnd {
  return {
    ...end,
    spent: end.spent ?? null,
    commit,
    parts: decodeParts(parts),
    report: decodeReport(report),
    parentId: null,
  };
}

/**
 * A generation with its locks. The `…Lock` fields are unique: one insert takes them, and each is
 * released by setting it to the generation's own key, which is unique.
 */
export interface GenerationDocument {
  _id: string;
  id: string;
  ownerId: string;
  /** Missing of all others. */
  stateless?: true;
  /** As in `NewGeneration`; missing of all others. */
  isKept?: true;
  conversationId: string;
  /** `_id` of its conversation; of a stateless one there never is one. */
  conversation: string;
  messageId: string;
  /** Missing of a release without branches. */
  answerParentId?: string;
  model: string;
  workerId: string;
  /** Its worker until the end is complete, then null. */
  runningOn: string | null;
  /** Set once its worker may write no more: its end is decided, but perhaps not yet complete. */
  closedAt: number | null;
  /** Whether it was closed because its worker was declared dead. */
  reaped: boolean;
  onDisconnect: GenerationRecord['onDisconnect'];
  status: 'queued' | 'running';
  phase: GenerationPhase;
  createdAt: number;
  /** Missing until it starts. */
  startedAt?: number;
  /** When it ended, once that is complete. */
  finishedAt: number | null;
  end: DecidedEnd | null;
  /** Emptied by the end: then it is committed as messages, or dropped. */
  turn: StoredTurn | WrittenTurn | null;
  /**
   * `keeping`: its messages are being written; `ending`: the same, with the end already decided.
   * Any process may continue either. A stateless one is `staged`, then `kept`.
   */
  turnState: 'staged' | 'keeping' | 'ending' | 'kept';
  place: TurnPlace | null;
  conversationDeleted: boolean;
  stopSignal: StopSignal | null;
  /** Whether it is to stop unless somebody reads it; missing: no. */
  unreadStop?: true;
  /** Other workers that have readers of it. */
  watchers: string[];
  idempotency: GenerationRecord['idempotency'];
  /** Missing: none. */
  echo?: string | null;
  /** For whom it is counted, and what it may take; missing of an earlier release. */
  tokens?: Omit<TokenClaim, 'quotas'>;
  idLock: string;
  conversationLock: string;
  idempotencyLock: string;
  slotLock: string;
  /**
   * Whether its log was removed. Of one whose row stays: `kept` with the log, `bare` without it. Sweeps, also
   * those of earlier releases, remove rows with `true` alone.
   */
  swept: boolean | 'kept' | 'bare';
}

export function toGenerationDocument(
  generation: NewGeneration,
  slot: string | null,
): GenerationDocument {
  const { key, id, ownerId, conversationId, idempotency, echo } = generation;
  const { status, phase, startedAt } = stateAtClaim(generation);
  const conversation = owned(ownerId, conversationId);
  const { keyName, promptTokens, maxTokens } = generation.tokens;
  return {
    _id: key,
    id,
    ownerId,
    ...(generation.stateless && { stateless: true }),
    ...(generation.isKept && { isKept: true }),
    conversationId,
    conversation,
    messageId: generation.messageId,
    answerParentId: generation.answerParentId,
    model: generation.model,
    workerId: generation.workerId,
    runningOn: generation.workerId,
    closedAt: null,
    reaped: false,
    onDisconnect: generation.onDisconnect,
    status,
    phase,
    ...(startedAt !== null && { startedAt }),
    createdAt: generation.createdAt,
    finishedAt: null,
    end: null,
    turn: toStoredTurn(generation.turn),
    turnState: 'staged',
    place: null,
    conversationDeleted: false,
    stopSignal: null,
    watchers: [],
    idempotency,
    ...(echo !== null && { echo }),
    tokens: { keyName, promptTokens, maxTokens },
    idLock: owned(ownerId, id),
    conversationLock: conversation,
    idempotencyLock: idempotency ? owned(ownerId, idempotency.key) : key,
    slotLock: slot ?? key,
    swept: false,
  };
}

/** The turn that is not committed yet; none of a generation that ended. */
export function turnOf({ turn }: Pick<GenerationDocument, 'turn'>): StagedTurn {
  return turn ? fromStoredTurn(turn) : NO_TURN;
}

export function isRunning(document: Pick<GenerationDocument, 'runningOn'>): boolean {
  return document.runningOn !== null;
}

/** The record of an ended generation, or of a running one with its stored log. */
export function toRecord(document: GenerationDocument, log: LogBatch[]): GenerationRecord {
  const end = isRunning(document) ? null : document.end;
  const { response, parts, seq } = end ? { ...end, parts: decodeParts(end.parts) } : writtenIn(log);
  return {
    key: document._id,
    id: document.id,
    ownerId: document.ownerId,
    stateless: document.stateless ?? false,
    conversationId: document.conversationId,
    messageId: document.messageId,
    answerParentId: document.answerParentId ?? null,
    model: document.model,
    status: end?.status ?? document.status,
    phase: end?.phase ?? document.phase,
    createdAt: document.createdAt,
    startedAt: document.startedAt ?? null,
    finishedAt: end?.finishedAt ?? null,
    response,
    parts,
    report: decodeReport(end?.report),
    seq,
    finishReason: end?.finishReason ?? null,
    usage: end?.usage ?? null,
    error: end?.error ?? null,
    upstreamClosed: end?.upstreamClosed ?? false,
    onDisconnect: document.onDisconnect,
    workerId: document.workerId,
    idempotency: document.idempotency,
    echo: document.echo ?? null,
    conversationDeleted: document.conversationDeleted,
    committed: document.turnState === 'kept',
  };
}
