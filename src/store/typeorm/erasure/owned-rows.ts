import type { Dialect } from '../database/dialect.js';

/** Rows of a table that belong to an owner, with what goes with them by foreign keys. */
export interface OwnedRows {
  readonly table: string;
  /** Its key, as columns. */
  readonly key: string;
  /** Condition on table `t`; `$1` is the owner. */
  readonly which: string;
  /** Rows that one statement removes: a long one would keep writers waiting. */
  readonly chunk: number;
  /** A table of one dialect. */
  readonly only?: Dialect['name'];
}

/** An image may have been put for a turn that comes only now. */
const NOT_COMING = `NOT EXISTS (SELECT 1 FROM conversations c
    WHERE c.owner_id = t.owner_id AND c.id = t.conversation_id)
  AND NOT EXISTS (SELECT 1 FROM generations g
    WHERE g.owner_id = t.owner_id AND g.conversation_lock = t.conversation_id)`;

/**
 * All that an owner has beside keys, conversations, messages and tags, in the order in which it goes: a new table
 * with an owner is one more entry. Changes are emptied, not removed: see `OwnerEraser`.
 */
export const OWNED: readonly OwnedRows[] = [
  // Logs and watchers go with it. What runs was claimed after all before was erased.
  {
    table: 'generations',
    key: 'key',
    which: 't.owner_id = $1 AND t.finished_at IS NOT NULL',
    chunk: 200,
  },
  {
    table: 'image_uses',
    key: 'message_id, image_id',
    which: `t.owner_id = $1 AND ${NOT_COMING}`,
    chunk: 200,
  },
  // Their pieces go with them.
  {
    table: 'images',
    key: 'id, owner_id',
    which: `t.owner_id = $1 AND NOT EXISTS (SELECT 1 FROM image_uses u
      WHERE u.image_id = t.id AND u.owner_id = t.owner_id)`,
    chunk: 5,
  },
  // Deletions of this very erasure have left some.
  {
    table: 'deleted_chats',
    key: 'owner_id, conversation_id',
    which: 't.owner_id = $1',
    chunk: 200,
  },
  // Behind the generations, which were counted with their ends.
  {
    table: 'token_usage',
    key: 'owner_id, key_name, day, model, shard',
    which: 't.owner_id = $1',
    chunk: 200,
  },
  {
    table: 'request_counts',
    key: 'client',
    which: 't.client = $1',
    chunk: 200,
    only: 'postgres',
  },
];

/** Removes some of them; returns a row for each. */
export function removalSql({ table, key, which, chunk }: OwnedRows): string {
  return `DELETE FROM ${table} WHERE (${key}) IN (
    SELECT ${key} FROM ${table} t WHERE ${which} LIMIT ${chunk}) RETURNING 1 AS one`;
}
