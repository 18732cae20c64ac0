import type { StagedMessage, StagedTurn } from '../../../domain/generation.js';
import { encodeBeside } from '../../support/answer-json.js';
import type { SqlValue } from '../database/sql-database.js';

/** A message in `staged_messages`, as SQL reads it. */
interface StagedRow {
  id: string;
  role: string;
  content: string;
  created_at: number;
  /** As in the column `parts` of the messages. */
  parts: string | null;
}

/** The columns of a staged turn, in the order of `turnValues`. */
export const TURN_COLUMNS = [
  'new_title, new_created_at, system_id, system_content, system_created_at',
  'user_id, user_content, user_created_at, replaces_id, staged_messages',
].join(', ');

export function turnValues({
  newConversation,
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
  ];
}

interface PlainTurn {
  system: StagedMessage | null;
  user: StagedMessage | null;
}

/** Whether it is a system prompt and a question of text alone, or a part of that. */
function plainTurn(messages: readonly StagedMessage[]): PlainTurn | null {
  const rest = [...messages];
  const system = rest[0]?.role === 'system' ? (rest.shift() ?? null) : null;
  const user = rest[0]?.role === 'user' && !rest[0].images ? (rest.shift() ?? null) : null;
  return rest.length === 0 ? { system, user } : null;
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
  };
}
