import type { StagedMessage, StagedTurn } from '../../../domain/generation.js';
import { decodeBeside, encodeBeside } from '../../support/answer-json.js';
import type { SqlValue } from '../database/sql-database.js';

/** A message in `staged_messages`, as SQL reads it. */
interface StagedRow {
  id: string;
  role: StagedMessage['role'];
  content: string;
  created_at: number;
  /** As in the column `parts` of the messages. */
  parts: string | null;
  /** Not written by earlier releases. */
  client_id?: string | null;
}

/** The columns of a staged turn, in the order of `turnValues`. */
export const TURN_COLUMNS = [
  'new_title, new_created_at, system_id, system_content, system_created_at',
  'user_id, user_content, user_created_at, replaces_id, staged_messages',
  'turn_parent_id, first_title, new_chat_id',
].join(', ');

export function turnValues({
  newConversation,
  firstTitle,
  parentId,
  messages,
  replacesMessageId,
}: StagedTurn): SqlValue[] {
  const plain = plainTurn(messages);
  return [
    newConversation?.title ?? null,
    newConversation?.createdAt ?? null,
    ...columnsOf(plain?.system),
    ...columnsOf(plain?.user),
    replacesMessageId,
    plain ? null : JSON.stringify(messages.map(toRow)),
    parentId,
    firstTitle,
    newConversation?.chatId ?? null,
  ];
}

interface PlainTurn {
  system: StagedMessage | null;
  user: StagedMessage | null;
}

/** Whether it is a system prompt and a question of text alone, or a part of that. */
function plainTurn(messages: readonly StagedMessage[]): PlainTurn | null {
  const rest = [...messages];
  const system = isPlain(rest[0], 'system') ? (rest.shift() ?? null) : null;
  const user = isPlain(rest[0], 'user') ? (rest.shift() ?? null) : null;
  return rest.length === 0 ? { system, user } : null;
}

function isPlain(message: StagedMessage | undefined, role: StagedMessage['role']): boolean {
  return message?.role === role && !message.images && message.clientId === null;
}

/** A turn of texts that goes to one of the most frequent places; null: any other. */
export type PlainKind = 'opening' | 'following';

/** A question of text, in a new conversation maybe behind a system prompt. */
export function plainKind(turn: StagedTurn): PlainKind | null {
  const { system, user } = plainTurn(turn.messages) ?? { system: null, user: null };
  if (!user || turn.replacesMessageId !== null) return null;
  if (turn.newConversation) return turn.newConversation.chatId === null ? 'opening' : null;
  return system ? null : 'following';
}

function columnsOf(message: StagedMessage | null | undefined): SqlValue[] {
  return message ? [message.id, message.content, message.createdAt] : [null, null, null];
}

function toRow(message: StagedMessage): StagedRow {
  return {
    id: message.id,
    role: message.role,
    content: message.content,
    created_at: message.createdAt,
    parts: encodeBeside(message),
    client_id: message.clientId,
  };
}

/** The columns from which `stagedIn` reads. */
export const MESSAGE_COLUMNS = [
  'system_id, system_content, system_created_at',
  'user_id, user_content, user_created_at, staged_messages',
].join(', ');

/** As the drivers give them: PostgreSQL's bigint is text. */
type PlainColumns<Role extends string> = Record<`${Role}_id` | `${Role}_content`, string | null> &
  Record<`${Role}_created_at`, string | number | null>;

export interface MessageColumns extends PlainColumns<'system'>, PlainColumns<'user'> {
  staged_messages: string | null;
}

/** The messages of a staged turn, in order. */
export function stagedIn(row: MessageColumns): StagedMessage[] {
  return [
    ...plainIn('system', row.system_id, row.system_content, row.system_created_at),
    ...plainIn('user', row.user_id, row.user_content, row.user_created_at),
    ...(row.staged_messages ? (JSON.parse(row.staged_messages) as StagedRow[]) : []).map(fromRow),
  ];
}

function plainIn(
  role: 'system' | 'user',
  id: string | null,
  content: string | null,
  createdAt: string | number | null,
): StagedMessage[] {
  if (id === null || content === null) return [];
  const beside = decodeBeside(null);
  return [{ id, clientId: null, role, content, createdAt: Number(createdAt), ...beside }];
}

function fromRow({ parts, created_at: createdAt, client_id: clientId = null, ...row }: StagedRow) {
  const { id, role, content } = row;
  return { id, clientId, role, content, createdAt, ...decodeBeside(parts) };
}
