import { UNNAMED } from '../../../domain/conversation.js';
import type { ConversationUpdate, Expected, NewConversation } from '../../conversation-store.js';
import type { UpdateResult } from '../../conversation-results.js';
import { changedNames } from '../../rules/changed-names.js';
import { recordChange } from '../changes/change-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase, SqlSession, SqlValue } from '../database/sql-database.js';
import type { BranchReader } from './branch-reader.js';
import { encodeNamed } from './conversation-rows.js';
import { depthOf, SYSTEM_COUNT, TOTAL } from './count-sql.js';
import { lockConversation, type Subject } from './locked-conversation.js';
import { findSystem, insertSystem, writeSystem } from './system-prompt.js';
import { encodeTags, writeTagRows } from './tag-rows.js';

const OWN = { owner: '$1', conversation: '$2' };

/** Assignments of an UPDATE of a conversation, with their parameters behind those of its key. */
class Assignments {
  readonly parameters: SqlValue[];
  private readonly list = ['revision = revision + 1'];

  constructor({ ownerId, id }: Subject) {
    this.parameters = [ownerId, id];
  }

  /** @param expression - of the new value's parameter, if it is not the value itself */
  set(column: string, value: SqlValue, expression = (parameter: string) => parameter): void {
    this.list.push(`${column} = ${expression(`$${this.parameters.push(value)}`)}`);
  }

  get sql(): string {
    return `UPDATE conversations SET ${this.list.join(', ')} WHERE owner_id = $1 AND id = $2`;
  }
}

/** Makes conversations and changes what their owner sets of them. */
export class ConversationSettingsWriter {
  constructor(
    private readonly database: SqlDatabase,
    private readonly reader: BranchReader,
  ) {}

  create(ownerId: string, made: NewConversation): Promise<void> {
    const { id, system, title, createdAt } = made;
    return this.database.transaction(async (session) => {
      await session.query(
        `INSERT INTO conversations (owner_id, id, title, title_by, created_at, updated_at, message_count,
           message_total, system_count, model, parameters, tags, pinned, archived, metadata)
         VALUES ($1, $2, $3, $4, CAST($5 AS bigint), CAST($5 AS bigint), CAST($6 AS integer),
           CAST($6 AS integer), CAST($6 AS integer), $7, $8, $9, $10, $11, $12)`,
        [
          ownerId,
          id,
          title ?? UNNAMED,
          title === null ? 'message' : 'user',
          createdAt,
          system ? 1 : 0,
          made.model,
          encodeNamed(made.parameters),
          encodeTags(made.tags),
          made.pinned,
          made.archived,
          encodeNamed(made.metadata ?? null),
        ],
      );
      if (system) await insertSystem(session, { ownerId, id }, system);
      if (made.tags.length > 0) await writeTagRows(session, this.database.dialect, { ownerId, id });
      await recordChange(session, this.database.dialect, {
        ownerId,
        conversationId: id,
        revision: 1,
        time: createdAt,
        event: { type: 'conversation.created' },
      });
    });
  }

  update(subject: Subject, update: ConversationUpdate, expected: Expected): Promise<UpdateResult> {
    const { dialect } = this.database;
    return this.database.transaction(async (session) => {
      const locked = await lockConversation(session, dialect, subject, expected);
      if ('outcome' in locked) return locked;
      if (update.title?.by === 'model' && locked.title_by !== 'message')
        return { outcome: 'updated' };
      const end = await this.chosenEnd(session, subject, update);
      if (end === 'message_not_found') return { outcome: end };
      await this.write(session, subject, update, end);
      await recordUpdate(session, dialect, { ...subject, revision: locked.revision + 1 }, update);
      return { outcome: 'updated' };
    });
  }

  /** The end of the branch to choose; null where none is named. */
  private async chosenEnd(
    session: SqlSession,
    subject: Subject,
    { activeMessageId }: ConversationUpdate,
  ): Promise<string | null> {
    if (activeMessageId === undefined) return null;
    const end = await this.reader.endThrough(session, subject, activeMessageId);
    return end === null || end === (await findSystem(session, subject)) ? 'message_not_found' : end;
  }

  private async write(
    session: SqlSession,
    subject: Subject,
    update: ConversationUpdate,
    end: string | null,
  ): Promise<void> {
    const assigned = new Assignments(subject);
    const { title, tags, pinned, archived } = update;
    if (title) {
      assigned.set('title', title.text);
      assigned.set('title_by', title.by);
    }
    if (update.model !== undefined) assigned.set('model', update.model);
    if (update.parameters !== undefined) assigned.set('parameters', encodeNamed(update.parameters));
    if (update.metadata !== undefined) assigned.set('metadata', encodeNamed(update.metadata));
    if (tags) assigned.set('tags', encodeTags(tags));
    if (pinned !== undefined) assigned.set('pinned', pinned);
    if (archived !== undefined) assigned.set('archived', archived);
    await this.writeMessages(session, subject, update, end, assigned);
    await session.query(assigned.sql, assigned.parameters);
    if (tags !== undefined || pinned !== undefined || archived !== undefined)
      await writeTagRows(session, this.database.dialect, subject);
  }

  /** The system prompt and the active branch, with the counts that follow from them. */
  private async writeMessages(
    session: SqlSession,
    subject: Subject,
    { system }: ConversationUpdate,
    end: string | null,
    assigned: Assignments,
  ): Promise<void> {
    const change = system === undefined ? null : await writeSystem(session, subject, system);
    if (change) {
      assigned.set('system_count', change.count);
      assigned.set('message_total', change.added, (added) => `${TOTAL} + ${added}`);
    }
    if (end !== null) {
      assigned.set('active_id', end);
      const systems = change?.count ?? SYSTEM_COUNT;
      assigned.set('message_count', end, (id) => `${depthOf(id, OWN)} + ${systems}`);
    } else if (change)
      assigned.set('message_count', change.added, (added) => `message_count + ${added}`);
  }
}

async function recordUpdate(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id, revision }: Subject & { revision: number },
  update: ConversationUpdate,
): Promise<void> {
  const changed = changedNames(update);
  if (changed.length === 0) return;
  await recordChange(session, dialect, {
    ownerId,
    conversationId: id,
    revision,
    time: Date.now(),
    event: { type: 'conversation.changed', changed },
  });
}
