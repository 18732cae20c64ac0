import { CallGroups } from '../../support/call-groups.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { ofBothHalves } from './list-sql.js';
import { removeConversations } from './removed-conversations.js';

/** Most removals in a transaction: answers wait for it. */
const AT_ONCE = 32;

/** Most owners of whom it is remembered that they have too many. */
const MOST_CROWDED = 10_000;

/** What `ConversationStore.removeOldest` is asked. */
interface Wish {
  max: number;
  exceptId: string;
}

/**
 * Removes the conversations that an owner has too many. Each wish removes one at most; those of an owner are
 * fulfilled one after the other, or each would remove one too many. In this process they wait without a
 * connection, and then are fulfilled by one transaction: where each answer begins a conversation, each of
 * them waits for this.
 */
export class OldestRemover {
  private readonly wishes = new CallGroups<Wish, string | null>(AT_ONCE, (ownerId, wishes) =>
    this.fulfil(ownerId, wishes),
  );
  /** Owners who had too many when this process looked last: they are not counted beforehand. */
  private readonly crowded = new Set<string>();
  /** Finds the first to go: most often one is asked for, and its plan reads no more. */
  private readonly few: readonly string[];
  private readonly many: readonly string[];

  constructor(private readonly database: SqlDatabase) {
    this.few = this.oldestFirst(numberFor(1));
    this.many = this.oldestFirst(numberFor(AT_ONCE));
  }

  remove(ownerId: string, wish: Wish): Promise<string | null> {
    return this.wishes.run(ownerId, wish);
  }

  private async fulfil(ownerId: string, wishes: readonly Wish[]): Promise<(string | null)[]> {
    const { dialect } = this.database;
    const least = Math.min(...wishes.map(({ max }) => max));
    if (!this.crowded.has(ownerId)) {
      const number = await this.database.read((session) => count(session, ownerId));
      if (number <= least) return wishes.map(() => null);
    }
    return this.database.transaction(async (session) => {
      if (dialect.transactionLock !== null) await session.query(dialect.transactionLock, [ownerId]);
      const before = await count(session, ownerId);
      this.note(ownerId, before > least);
      const candidates =
        before > least ? await this.candidates(session, ownerId, wishes.length) : [];
      const chosen = choose(wishes, before, candidates);
      const ids = chosen.filter((id) => id !== null);
      const removed = new Set(await removeConversations(session, dialect, ownerId, ids));
      return chosen.map((id) => (id !== null && removed.has(id) ? id : null));
    });
  }

  private note(ownerId: string, isCrowded: boolean): void {
    if (!isCrowded) this.crowded.delete(ownerId);
    else if (this.crowded.size < MOST_CROWDED) this.crowded.add(ownerId);
  }

  /** Enough for so many wishes, in the order in which they go. */
  private async candidates(
    session: SqlSession,
    ownerId: string,
    wishes: number,
  ): Promise<string[]> {
    const found: string[] = [];
    for (const statement of wishes === 1 ? this.few : this.many) {
      if (found.length >= numberFor(wishes)) break;
      const rows = await session.query<{ id: string }>(statement, [ownerId]);
      found.push(...rows.map(({ id }) => id));
    }
    return found;
  }

  /** A statement for each group of them, of which one goes before the other. Parameter: the owner. */
  private oldestFirst(limit: number): string[] {
    const { dialect } = this.database;
    const order = (alias: string) =>
      `ORDER BY ${alias}.updated_at, ${dialect.byBytes(`${alias}.id`)} DESC LIMIT ${limit}`;
    const ofHalf = (condition: string, half: string) => `
      SELECT c.id, c.updated_at FROM conversations c
      WHERE c.owner_id = $1 AND ${condition} AND ${half}
        AND NOT EXISTS (SELECT 1 FROM generations g
          WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id)
      ${order('c')}`;
    const oldest = (condition: string) => `
      SELECT oldest.id FROM (${ofBothHalves((half) => ofHalf(condition, half))}) oldest
      ${order('oldest')}`;
    const disposable = ofHalf('c.disposable AND NOT c.pinned', 'TRUE');
    return [disposable, oldest('NOT c.disposable AND NOT c.pinned'), oldest('c.pinned')];
  }
}

/** How many candidates so many wishes need: each spares one. */
function numberFor(wishes: number): number {
  return wishes + 1;
}

/** What each of the wishes removes of so many, as if one came after the other; null: nothing. */
function choose(
  wishes: readonly Wish[],
  before: number,
  candidates: readonly string[],
): (string | null)[] {
  const left = new Set(candidates);
  let count = before;
  return wishes.map(({ max, exceptId }) => {
    const id = count > max ? [...left].find((candidate) => candidate !== exceptId) : undefined;
    if (id === undefined) return null;
    left.delete(id);
    count -= 1;
    return id;
  });
}

/** The owner's conversations, counted on an index. */
async function count(session: SqlSession, ownerId: string): Promise<number> {
  const [row] = await session.query<{ count: string | number }>(
    'SELECT COUNT(*) AS count FROM conversations WHERE owner_id = $1',
    [ownerId],
  );
  return Number(row?.count ?? 0);
}
