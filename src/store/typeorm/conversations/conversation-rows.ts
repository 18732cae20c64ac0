import type {
  BranchMessage,
  ConversationHead,
  ConversationMetadata,
  ConversationParameters,
  ConversationSummary,
  FinishReason,
  ForkOrigin,
  MessageRole,
  MessageStatus,
  TitleSource,
} from '../../../domain/conversation.js';
import type { Node } from '../../rules/tree.js';
import { decodeBeside } from '../../support/answer-json.js';
import { toUsage } from '../generations/generation-record.js';

/** As drivers return it: PostgreSQL's bigint is text, SQLite's boolean a number. */
export interface SummaryRow {
  id: string;
  chat_id: string | null;
  title: string;
  title_by: TitleSource;
  created_at: string | number;
  updated_at: string | number;
  message_count: number;
  message_total: number;
  active_message_id: string | null;
  active_generation_id: string | null;
  revision: number;
  model: string | null;
  tags: string | null;
  pinned: boolean | number;
  archived: boolean | number;
  forked_id: string | null;
  forked_message_id: string | null;
  disposable: boolean | number;
  metadata: string | null;
}

export interface HeadRow extends SummaryRow {
  system: string | null;
  parameters: string | null;
}

/** A conversation as it is read along a branch, as JSON: with the first of its rows. */
export interface BranchRow {
  head: string | null;
}

/** The same, parsed. */
export interface BranchHead extends HeadRow {
  branch_length: number;
  is_known: boolean | number;
  /** Only of a window that is given without its messages if there are branches. */
  branched?: boolean | number;
}

/** Beside those of its conversation, whose columns have the same names. */
export interface MessageRow {
  message_id: string;
  client_id: string | null;
  seq: number;
  role: MessageRole;
  content: string;
  written_at: string | number;
  status: MessageStatus;
  answer_model: string | null;
  finish_reason: FinishReason | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  generation_id: string | null;
  parts: string | null;
  parent_id: string | null;
  before_id: string | null;
  elder_id: string | null;
  children: string | null;
  kin: string | null;
}

export function toSummary(row: SummaryRow): ConversationSummary {
  return {
    id: row.id,
    chatId: row.chat_id,
    title: row.title,
    titleBy: row.title_by,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    messageCount: row.message_count,
    messageTotal: row.message_total,
    activeMessageId: row.active_message_id,
    activeGenerationId: row.active_generation_id,
    revision: row.revision,
    model: row.model,
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    pinned: Boolean(row.pinned),
    archived: Boolean(row.archived),
    forkedFrom: toOrigin(row),
    disposable: Boolean(row.disposable),
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as ConversationMetadata),
  };
}

function toOrigin({ forked_id: conversationId, forked_message_id }: SummaryRow): ForkOrigin | null {
  return conversationId === null ? null : { conversationId, messageId: forked_message_id };
}

export function toSettled(
  row: HeadRow,
): ConversationSummary & Pick<ConversationHead, 'system' | 'parameters'> {
  return { ...toSummary(row), system: row.system, parameters: toParameters(row.parameters) };
}

function toParameters(json: string | null): ConversationParameters | null {
  return json === null ? null : (JSON.parse(json) as ConversationParameters);
}

/** Values by name, as a conversation's row has them. */
export function encodeNamed(values: Readonly<Record<string, unknown>> | null): string | null {
  return values === null ? null : JSON.stringify(values);
}

export function headOf(rows: readonly BranchRow[]): BranchHead | null {
  const json = rows.find(({ head }) => head !== null)?.head;
  return typeof json === 'string' ? (JSON.parse(json) as BranchHead) : null;
}

export function toHead(row: BranchHead): ConversationHead {
  return { ...toSettled(row), branchLength: row.branch_length };
}

/** Messages that follow each other along a branch, or all. The order of their numbers is the branch's. */
export function toMessages(rows: readonly MessageRow[], conversationId: string): BranchMessage[] {
  const ordered = rows.toSorted((a, b) => a.seq - b.seq);
  return ordered.map((row, n) => {
    if (row.role === 'system') return toMessage(row, conversationId, [row.message_id]);
    const before = ordered[n - 1];
    const beforeId = before?.role === 'system' ? conversationId : before?.message_id;
    const parentId = row.parent_id ?? beforeId ?? row.before_id ?? conversationId;
    return toMessage(row, parentId, siblingsOf(row, before));
  });
}

/** The same of a conversation without branches, where one message more may be given than is asked for. */
export function toPlainMessages(
  rows: readonly MessageRow[],
  conversationId: string,
  limit: number,
): BranchMessage[] {
  const messages = toMessages(rows, conversationId);
  return messages.length > limit ? messages.slice(1) : messages;
}

function toMessage(row: MessageRow, parentId: string, siblings: readonly string[]): BranchMessage {
  const { parts, images, toolAnswer } = decodeBeside(row.parts);
  return {
    id: row.message_id,
    clientId: row.client_id,
    parentId,
    role: row.role,
    content: row.content,
    createdAt: Number(row.written_at),
    status: row.status,
    model: row.answer_model,
    finishReason: row.finish_reason,
    usage: toUsage(row),
    parts,
    images,
    toolAnswer,
    generationId: row.generation_id,
    seq: null,
    siblings,
  };
}

/** The one child that stores no parent follows its parent at once: it is the first. */
function siblingsOf(row: MessageRow, before: MessageRow | undefined): string[] {
  const { message_id: id, parent_id: parentId } = row;
  const elder = parentId === null ? id : row.elder_id;
  const kin = parentId === null && before ? before.children : row.kin;
  const others = kin === null ? [] : inOrder(kin);
  return elder === null ? others : [elder, ...others];
}

/** Ids of messages that are given with their numbers. */
function inOrder(children: string): string[] {
  const placed = children.split(',').map((child) => child.split(':'));
  return placed.sort(([a], [b]) => Number(a) - Number(b)).map(([, id = '']) => id);
}

export interface SkeletonRow {
  id: string;
  seq: number;
  role: MessageRole;
  status: MessageStatus;
  parent_id: string | null;
}

/** Messages in the order of their numbers, from the first one on, or from one whose parent is not asked for. */
export function toNodes(rows: readonly SkeletonRow[], conversationId: string): Node[] {
  let previous = conversationId;
  return rows.map(({ id, role, parent_id: parent }) => {
    const isSystem = role === 'system';
    const parentId = isSystem ? conversationId : (parent ?? previous);
    previous = isSystem ? conversationId : id;
    return { id, parentId, role };
  });
}
