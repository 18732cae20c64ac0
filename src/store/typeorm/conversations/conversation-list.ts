import type {
  ConversationPage,
  ConversationSummary,
  TagCount,
} from '../../../domain/conversation.js';
import type { ListRequest } from '../../conversation-store.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { toSummary, type SummaryRow } from './conversation-rows.js';
import { pageStatement } from './list-sql.js';
import { SUMMARY_COLUMNS } from './summary-sql.js';

type PageRow = { total: string | number } & (SummaryRow | { id: null });

/** Reads lists of conversations, and what they can be filtered by. */
export class ConversationList {
  private readonly tagCounts: string;
  private readonly named: string;

  constructor(private readonly database: SqlDatabase) {
    const tag = database.dialect.byBytes('tag');
    this.tagCounts = `
      SELECT ${tag} AS tag, COUNT(*) AS count FROM conversation_tags WHERE owner_id = $1
      GROUP BY ${tag} ORDER BY ${tag}`;
    const { dialect } = database;
    this.named = `
      SELECT ${SUMMARY_COLUMNS} FROM conversations c WHERE c.owner_id = $1 AND c.id ${dialect.isAmong('$2')}`;
  }

  /** One statement: the total and the page are consistent. */
  async page(ownerId: string, request: ListRequest): Promise<ConversationPage> {
    const { sql, parameters } = pageStatement(this.database.dialect, ownerId, request);
    const rows = await this.database.read((session) => session.query<PageRow>(sql, parameters));
    return {
      total: Number(rows[0]?.total ?? 0),
      // Past the end there is one row, the total's.
      conversations: rows.filter(isSummary).map(toSummary),
    };
  }

  async summaries(ownerId: string, ids: readonly string[]): Promise<ConversationSummary[]> {
    const rows = await this.database.read((session) =>
      session.query<SummaryRow>(this.named, [ownerId, JSON.stringify(ids)]),
    );
    return rows.map(toSummary);
  }

  async tags(ownerId: string): Promise<TagCount[]> {
    const rows = await this.database.read((session) =>
      session.query<{ tag: string; count: string | number }>(this.tagCounts, [ownerId]),
    );
    return rows.map(({ tag, count }) => ({ tag, count: Number(count) }));
  }

  /** How many conversations each owner has. */
  async countByOwner(): Promise<Map<string, number>> {
    const rows = await this.database.read((session) =>
      session.query<{ owner: string; count: string | number }>(
        'SELECT owner_id AS owner, COUNT(*) AS count FROM conversations GROUP BY owner_id',
      ),
    );
    return new Map(rows.map(({ owner, count }) => [owner, Number(count)]));
  }
}

function isSummary(row: PageRow): row is SummaryRow & PageRow {
  return row.id !== null;
}
