import type { BranchMessage } from '../../../domain/conversation.js';
import { currentAnswer } from '../../rules/end.js';
import type { SqlSession } from '../database/sql-database.js';
import { toAnswer, type AnswerColumns } from '../generations/generation-record.js';
import { toBatches, type LogRow } from '../generations/log-table.js';

/** A generation joined with each run of its log, or with none. */
type AnswerRow = AnswerColumns & (LogRow | { generation_key: null });

/** A generation with its log; a committed turn keeps the lock on its public id. Parameters: owner, that id, its answer's message. */
const ANSWER = `
  SELECT g.status, g.response, g.parts, g.finish_reason, g.prompt_tokens, g.completion_tokens,
    l.generation_key, l.first_seq, l.tokens
  FROM generations g LEFT JOIN generation_log l ON l.generation_key = g.key
  WHERE g.owner_id = $1 AND g.id_lock = $2 AND g.message_id = $3 ORDER BY l.first_seq`;

/** An answer that is being written with the text of its log; any other message as it is. */
export async function currentIn(
  session: SqlSession,
  ownerId: string,
  message: BranchMessage,
): Promise<BranchMessage> {
  const { status, generationId, id } = message;
  if (status !== 'streaming' || generationId === null) return message;
  const rows = await session.query<AnswerRow>(ANSWER, [ownerId, generationId, id]);
  const [row] = rows;
  return currentAnswer(message, row ? toAnswer(row) : null, toBatches(rows.filter(isLog), 0));
}

function isLog(row: AnswerRow): row is AnswerRow & LogRow {
  return row.generation_key !== null;
}
