import { setImmediate as loopTurn } from 'node:timers/promises';
import type { BranchMessage } from '../../../domain/conversation.js';
import type { Expected, Fork } from '../../conversation-store.js';
import type { ForkResult } from '../../conversation-results.js';
import { MessageTree } from '../../rules/tree.js';
import { encodeJson } from '../../support/answer-json.js';
import { recordChange } from '../changes/change-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { copyUses } from '../images/image-copies.js';
import {
  toMessages,
  toNodes,
  type MessageRow,
  type SkeletonRow,
  type SummaryRow,
} from './conversation-rows.js';
import { currentIn } from './current-answer.js';
import { lockConversation, type Subject } from './locked-conversation.js';
import { SUMMARY } from './summary-sql.js';
import { writeTagRows } from './tag-rows.js';
import { PAGE_OF_RUN, SKELETON } from './window-sql.js';

/** A message and its copy. */
interface Copy {
  from: string;
  id: string;
  /** As in the row of the copy. */
  seq: number;
  depth: number;
}

/** Messages that one statement copies. */
const SLICE = 100;

/** The branch to copy. */
interface Source {
  /** Its last message; null: none but the system prompt. */
  end: string | null;
  rows: SkeletonRow[];
}

/** Copies branches into conversations of their own. */
export class ConversationCopier {
  private readonly copied: string;

  constructor(private readonly database: SqlDatabase) {
    this.copied = copySql(database.dialect);
  }

  fork(subject: Subject, fork: Fork, expected: Expected): Promise<ForkResult> {
    return this.database.transaction(async (session) => {
      const locked = await lockConversation(session, this.database.dialect, subject, expected);
      if ('outcome' in locked) return locked;
      const source = await sourceOf(session, subject, fork);
      if (!source) return { outcome: 'message_not_found' };
      const unsettled = await unsettledOf(session, subject, source);
      const running = unsettled.find(({ status }) => status === 'streaming')?.generationId;
      if (running) return { outcome: 'busy', activeGenerationId: running };
      await this.write(session, subject, fork, source, unsettled);
      return { outcome: 'forked' };
    });
  }

  private async write(
    session: SqlSession,
    { ownerId, id }: Subject,
    fork: Fork,
    { end, rows }: Source,
    unsettled: readonly BranchMessage[],
  ): Promise<void> {
    const { dialect } = this.database;
    const systems = rows[0]?.role === 'system' ? 1 : 0;
    const copies = rows.map((row, n): Copy => ({
      from: row.id,
      id: fork.newId(),
      seq: n + 1,
      depth: n + 1 - systems,
    }));
    const activeId = end === null ? null : (copies.at(-1)?.id ?? null);
    await session.query(COPIED_CONVERSATION, [
      ...[ownerId, id, fork.id, fork.createdAt, rows.length, activeId, systems, end],
      fork.disposable ?? false,
    ]);
    await this.copy(session, { ownerId, id }, fork.id, copies);
    for (const message of unsettled)
      await settle(session, message, copies.find(({ from }) => from === message.id)?.id ?? '');
    await writeTagRows(session, dialect, { ownerId, id: fork.id });
    await recordChange(session, dialect, {
      ownerId,
      conversationId: fork.id,
      revision: 1,
      time: fork.createdAt,
      event: { type: 'conversation.created' },
    });
    const json = JSON.stringify(copies);
    await copyUses(session, dialect, { ownerId, from: id, to: fork.id, copies: json });
  }

  /** A few at a time: SQLite runs in this process, which goes on with its other work in between. */
  private async copy(
    session: SqlSession,
    { ownerId, id }: Subject,
    forkId: string,
    copies: readonly Copy[],
  ): Promise<void> {
    for (let from = 0; from < copies.length; from += SLICE) {
      if (from > 0) await loopTurn();
      const json = JSON.stringify(copies.slice(from, from + SLICE));
      await session.query(this.copied, [ownerId, id, forkId, json]);
    }
  }
}

/** Null: it does not have the message. */
async function sourceOf(
  session: SqlSession,
  { ownerId, id }: Subject,
  { messageId }: Fork,
): Promise<Source | null> {
  const rows = await session.query<SkeletonRow>(SKELETON, [ownerId, id]);
  const [now] = await session.query<SummaryRow>(SUMMARY, [ownerId, id]);
  const named = messageId ?? now?.active_message_id ?? id;
  const tree = new MessageTree(toNodes(rows, id));
  if (named !== id && tree.placeOf(named) === -1) return null;
  const path = tree.pathTo(named).flatMap((place) => rows[place] ?? []);
  const systems = rows.filter(({ role }) => role === 'system');
  return { end: path.length === 0 ? null : named, rows: [...systems, ...path] };
}

/** Answers whose messages say that they are being written: the end of some is only in their record. */
async function unsettledOf(
  session: SqlSession,
  { ownerId, id }: Subject,
  { rows }: Source,
): Promise<BranchMessage[]> {
  const unsettled: BranchMessage[] = [];
  for (const { seq } of rows.filter(({ status }) => status === 'streaming')) {
    const found = await session.query<MessageRow>(PAGE_OF_RUN, [ownerId, id, seq, seq, 1]);
    for (const message of toMessages(found, id))
      unsettled.push(await currentIn(session, ownerId, message));
  }
  return unsettled;
}

/**
 * Parameters: owner, conversation, the copy, its time, messages, their end, system prompts, end of the
 * branch, whether it is disposable.
 */
const COPIED_CONVERSATION = `
  INSERT INTO conversations (owner_id, id, title, title_by, created_at, updated_at, message_count,
    message_total, active_id, system_count, model, parameters, tags, forked_id, forked_message_id, disposable)
  SELECT c.owner_id, $3, c.title, c.title_by, CAST($4 AS bigint), CAST($4 AS bigint),
    CAST($5 AS integer), CAST($5 AS integer), $6, CAST($7 AS integer), c.model, c.parameters, c.tags,
    c.id, $8, CAST($9 AS boolean)
  FROM conversations c WHERE c.owner_id = $1 AND c.id = $2`;

/**
 * Parameters: owner, conversation, the copy, an array of `Copy`. The array is gone through once (CROSS JOIN
 * keeps SQLite to that order): not once for each message of the conversation.
 */
const copySql = (dialect: Dialect) => `
  INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status, model,
    finish_reason, prompt_tokens, completion_tokens, parts, depth,
    client_id)
  SELECT copy.value ->> 'id', m.owner_id, $3, CAST(copy.value ->> 'seq' AS integer), m.role, m.content,
    m.created_at, m.status, m.model, m.finish_reason, m.prompt_tokens, m.completion_tokens, m.parts,
    CAST(copy.value ->> 'depth' AS integer), m.client_id
  FROM ${dialect.jsonElements('$4', 'copy')} CROSS JOIN messages m
  WHERE m.id = copy.value ->> 'from' AND m.owner_id = $1 AND m.conversation_id = $2`;

/** Gives a copy the end that the message itself shows. */
async function settle(session: SqlSession, message: BranchMessage, copy: string): Promise<void> {
  const { content, status, finishReason, usage, parts } = message;
  await session.query(
    `UPDATE messages SET content = $2, status = $3, finish_reason = $4, prompt_tokens = $5,
       completion_tokens = $6, parts = $7 WHERE id = $1`,
    [
      copy,
      content,
      status,
      finishReason,
      usage?.promptTokens ?? null,
      usage?.completionTokens ?? null,
      encodeJson(parts),
    ],
  );
}
