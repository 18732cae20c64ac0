import { setImmediate as loopTurn } from 'node:timers/promises';
import { MovedPlaces } from '../../rules/moved-places.js';
import type { MessageTree } from '../../rules/tree.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import type { SkeletonRow } from './conversation-rows.js';
import type { Subject } from './locked-conversation.js';

/** Messages that one statement changes. */
const SLICE = 500;

/** A tree before and after messages are taken from it. */
export interface Rehung {
  /** All messages, in the order made. */
  rows: readonly SkeletonRow[];
  tree: MessageTree;
  left: MessageTree;
}

/**
 * Gives the messages that stay their parents and depths. Part of a transaction, before the others are removed. A
 * few at a time: SQLite runs in this process, which goes on with its other work in between.
 */
export async function rehang(
  session: SqlSession,
  dialect: Dialect,
  { id: conversationId }: Subject,
  { rows, tree, left }: Rehung,
): Promise<void> {
  const places = new MovedPlaces(conversationId);
  const changed = rows.flatMap(({ id, role, parent_id: stored }) => {
    const above = left.parentOf(id);
    if (above === null) return [];
    const { parentId, depth } = places.next({ id, role, parentId: above });
    return parentId === stored && depth === tree.depthOf(id) ? [] : { id, parentId, depth };
  });
  const statement = rehangSql(dialect);
  for (let from = 0; from < changed.length; from += SLICE) {
    if (from > 0) await loopTurn();
    await session.query(statement, [JSON.stringify(changed.slice(from, from + SLICE))]);
  }
}

/** Parameter: an array of messages with their parents, as they are stored, and their depths. */
const rehangSql = (dialect: Dialect) => `
  UPDATE messages SET parent_id = place.value ->> 'parentId',
    depth = CAST(place.value ->> 'depth' AS integer)
  FROM ${dialect.jsonElements('$1', 'place')} WHERE messages.id = place.value ->> 'id'`;
