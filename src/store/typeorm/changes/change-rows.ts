import type { Change, ChangedName, ChangeEvent } from '../../../domain/change.js';
import type { GenerationStatus } from '../../../domain/generation.js';
import type { FeedEntry } from '../../change-feed.js';
import { cursorOf, type ChangeMark } from '../../rules/cursor.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';

/** As drivers return it: PostgreSQL's bigint is text. One write, with its events in their order. */
export interface ChangeRow {
  number: string | number;
  mark: string;
  owner_id: string;
  conversation_id: string;
  revision: number;
  time: string | number;
  events: string;
  changed: string | null;
  generation_id: string | null;
  message_id: string | null;
  status: GenerationStatus | null;
}

/** What a row has besides its number. */
export const CHANGE_FIELDS =
  'mark, owner_id, conversation_id, revision, time, events, changed, generation_id, message_id, status';

/** More than the events of a row. */
const EVENTS_OF_ROW = 4;

/** The number of the row that has an event, and the place of the event in it, from 0. */
export function placeOf(number: number): { row: number; place: number } {
  return { row: Math.floor(number / EVENTS_OF_ROW), place: number % EVENTS_OF_ROW };
}

/** How many events a row has; the one before all writes counts as one. */
export function countEvents({ events }: Pick<ChangeRow, 'events'>): number {
  return events.split(',').length;
}

/** The mark of the last event of a row. */
export function lastOf(row: Pick<ChangeRow, 'number' | 'mark' | 'events'>): ChangeMark {
  return markIn(row, countEvents(row) - 1);
}

function markIn(row: Pick<ChangeRow, 'number' | 'mark'>, place: number): ChangeMark {
  return { number: Number(row.number) * EVENTS_OF_ROW + place, check: row.mark };
}

export function toEntries(row: ChangeRow): FeedEntry[] {
  const types = row.events.split(',') as ChangeEvent['type'][];
  return types.map((type, place) => ({
    ownerId: row.owner_id,
    conversationId: row.conversation_id,
    revision: row.revision,
    time: Number(row.time),
    event: toEvent(row, type),
    cursor: cursorOf(markIn(row, place)),
  }));
}

function toEvent(row: ChangeRow, type: ChangeEvent['type']): ChangeEvent {
  switch (type) {
    case 'conversation.created':
    case 'conversation.deleted':
      return { type };
    case 'conversation.changed':
      return { type, changed: JSON.parse(row.changed ?? '[]') as ChangedName[] };
    case 'generation.started':
      return turnEvent(row, type, 'running');
    case 'generation.ended':
      return turnEvent(row, type, row.status ?? 'failed');
  }
}

function turnEvent(row: ChangeRow, type: TurnEvent['type'], status: GenerationStatus): TurnEvent {
  const { generation_id: generationId, message_id: messageId } = row;
  return { type, generationId: generationId ?? '', messageId: messageId ?? '', status };
}

type TurnEvent = Extract<ChangeEvent, { generationId: string }>;

/**
 * Records what happens to a conversation. Part of the transaction that changes it, and after the statement
 * that locks its row: so the rows of a conversation are written in the order in which it changes.
 */
export async function recordChange(
  session: SqlSession,
  { writtenChanges }: Dialect,
  { ownerId, conversationId, revision, time, event }: Omit<Change, 'event'> & { event: Settled },
): Promise<void> {
  await session.query(
    `INSERT INTO ${writtenChanges} (owner_id, conversation_id, revision, time, events, changed)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      ownerId,
      conversationId,
      revision,
      time,
      event.type,
      'changed' in event ? JSON.stringify(event.changed) : null,
    ],
  );
}

/** Records that conversations of an owner were deleted, in one statement. Part of the transaction that does it. */
export async function recordDeletions(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  time: number,
  removed: readonly { id: string; revision: number }[],
): Promise<void> {
  await session.query(
    `INSERT INTO ${dialect.writtenChanges} (owner_id, conversation_id, revision, time, events)
     SELECT $1, item.value ->> 'id', CAST(item.value ->> 'revision' AS integer), CAST($2 AS bigint),
       'conversation.deleted'
     FROM ${dialect.jsonElements('$3', 'item')} ORDER BY item.key`,
    [ownerId, time, JSON.stringify(removed.map(({ id, revision }) => ({ id, revision })))],
  );
}

/** What turns do is recorded by their own statements. */
type Settled = Exclude<ChangeEvent, TurnEvent>;
