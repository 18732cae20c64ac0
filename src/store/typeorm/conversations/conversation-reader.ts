import type {
  Conversation,
  ConversationPage,
  ConversationReading,
  Message,
} from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import { currentAnswer } from '../../rules/end.js';
import { pagesBetween, type PlacedMessage } from '../../rules/pages.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { toAnswer, type AnswerColumns } from '../generations/generation-record.js';
import { toBatches, type LogRow } from '../generations/log-table.js';
import { toMessage, toSummary, type MessageRow, type SummaryRow } from './conversation-rows.js';

/** The conversation joined with each of its messages, or with none. */
type FoundRow = SummaryRow & { before_seq: number | null } & (MessageRow | { message_id: null });
/** A generation joined with each run of its log, or with none. */
type AnswerRow = AnswerColumns & (LogRow | { generation_key: null });
type PlacesRow = SummaryRow & {
  before_seq: number | null;
  first_seq: number | null;
  last_seq: number | null;
};
type PageRow = { total: string | number } & (SummaryRow | { id: null });

const SUMMARY_COLUMNS = `c.id, c.title, c.created_at, c.updated_at, c.message_count,
  (SELECT g.public_id FROM generations g
   WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id) AS active_generation_id`;

/** The conversation `$2` of owner `$1`, and the place of the message `$3` to stop before. */
const WANTED = `
  WITH wanted AS MATERIALIZED (
    SELECT ${SUMMARY_COLUMNS}, (SELECT m.seq FROM messages m
      WHERE m.owner_id = $1 AND m.conversation_id = $2 AND m.id = $3) AS before_seq
    FROM conversations c WHERE c.owner_id = $1 AND c.id = $2)`;

/** The newest messages of `wanted`, `$4` of them, with some columns. */
const windowSql = (columns: string) => `
  SELECT ${columns} FROM messages WHERE owner_id = $1 AND conversation_id = $2
    AND seq < CASE WHEN CAST($3 AS varchar) IS NULL THEN ${2 ** 31 - 1}
      ELSE (SELECT before_seq FROM wanted) END
  ORDER BY seq DESC LIMIT CAST($4 AS bigint)`;

const MESSAGE_COLUMNS = `m.id AS message_id, m.role, m.content, m.created_at AS written_at, m.status,
  m.model, m.finish_reason, m.prompt_tokens, m.completion_tokens, m.generation_id, m.parts`;

/**
 * A conversation and the newest of its messages, in one statement, so that count and messages are
 * consistent. Parameters: owner, conversation, message to stop before, how many.
 */
const FIND = `${WANTED}
  SELECT wanted.*, ${MESSAGE_COLUMNS}
  FROM wanted LEFT JOIN (${windowSql('*')}) m ON TRUE
  ORDER BY m.seq`;

/** A conversation, and the first and last place of the same messages. Parameters: the same. */
const PLACES = `${WANTED}
  SELECT wanted.*, (SELECT MIN(m.seq) FROM (${windowSql('seq')}) m) AS first_seq,
    (SELECT MAX(m.seq) FROM (${windowSql('seq')}) m) AS last_seq
  FROM wanted`;

/** Parameters: owner, conversation, first place, last place, how many. */
const RANGE = `
  SELECT m.seq, ${MESSAGE_COLUMNS} FROM messages m
  WHERE m.owner_id = $1 AND m.conversation_id = $2 AND m.seq >= $3 AND m.seq <= $4
  ORDER BY m.seq LIMIT $5`;

const FIRST = `
  SELECT role, content FROM messages WHERE owner_id = $1 AND conversation_id = $2
  ORDER BY seq LIMIT 1`;

/** A generation with its log. Parameters: owner, its public id, its answer's message. */
const ANSWER = `
  SELECT g.status, g.response, g.parts, g.finish_reason, g.prompt_tokens, g.completion_tokens,
    l.generation_key, l.first_seq, l.tokens
  FROM generations g LEFT JOIN generation_log l ON l.generation_key = g.key
  WHERE g.owner_id = $1 AND g.public_id = $2 AND g.message_id = $3 ORDER BY l.first_seq`;

/**
 * Up to this offset, reading the rows before a page is cheaper than looking up the page's rows
 * twice.
 */
const NEAR = 100;

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Reads lists and conversations. */
export class ConversationReader {
  private readonly nearPage: string;
  private readonly farPage: string;

  constructor(private readonly database: SqlDatabase) {
    const { dialect } = database;
    this.nearPage = pageSql(dialect, { columns: '*', rows: 'found c', total: ALL });
    // The offset is skipped on the index only; only the page's own rows are read.
    this.farPage = pageSql(dialect, {
      columns: 'owner_id, id, updated_at',
      rows: 'found JOIN conversations c ON c.owner_id = found.owner_id AND c.id = found.id',
      total: countedOnce(dialect),
    });
  }

  /** One statement: the total and the page are consistent. */
  async page(
    ownerId: string,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<ConversationPage> {
    const rows = await this.database.read((session) =>
      session.query<PageRow>(offset > NEAR ? this.farPage : this.nearPage, [
        ownerId,
        limit,
        offset,
      ]),
    );
    return {
      total: Number(rows[0]?.total ?? 0),
      // Past the end there is one row, the total's.
      conversations: rows.filter(isSummary).map(toSummary),
    };
  }

  /** One statement, and one more for an answer that is being written. */
  async find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    const { before = null, limit = NO_LIMIT } = window ?? {};
    const rows = await this.database.read((session) =>
      session.query<FoundRow>(FIND, [ownerId, id, before, limit]),
    );
    const [first] = rows;
    if (!first) return null;
    if (before !== null && first.before_seq === null) return 'message_not_found';
    const messages = rows.filter(isMessage).map(toMessage);
    return {
      ...toSummary(first),
      messages: await Promise.all(messages.map((message) => this.current(ownerId, message))),
    };
  }

  /** One statement, and one a page. */
  async read(
    ownerId: string,
    id: string,
    { before = null, limit = NO_LIMIT }: { before?: string | null; limit?: number } = {},
  ): Promise<ConversationReading | 'message_not_found' | null> {
    const [row] = await this.database.read((session) =>
      session.query<PlacesRow>(PLACES, [ownerId, id, before, limit]),
    );
    if (!row) return null;
    if (before !== null && row.before_seq === null) return 'message_not_found';
    const { first_seq: first, last_seq: last } = row;
    const read = (from: number, most: number) => this.range(ownerId, id, from, last ?? 0, most);
    return { ...toSummary(row), pages: pagesBetween(first ?? 1, last ?? 0, read) };
  }

  async systemPrompt(ownerId: string, id: string): Promise<string | null> {
    const [first] = await this.database.read((session) =>
      session.query<{ role: string; content: string }>(FIRST, [ownerId, id]),
    );
    return first?.role === 'system' ? first.content : null;
  }

  private async range(
    ownerId: string,
    id: string,
    from: number,
    last: number,
    limit: number,
  ): Promise<PlacedMessage[]> {
    const rows = await this.database.read((session) =>
      session.query<MessageRow & { seq: number }>(RANGE, [ownerId, id, from, last, limit]),
    );
    return Promise.all(
      rows.map(async (row) => ({
        seq: row.seq,
        message: await this.current(ownerId, toMessage(row)),
      })),
    );
  }

  private async current(ownerId: string, message: Message): Promise<Message> {
    const { status, generationId, id } = message;
    if (status !== 'streaming' || generationId === null) return message;
    const rows = await this.database.read((session) =>
      session.query<AnswerRow>(ANSWER, [ownerId, generationId, id]),
    );
    const [row] = rows;
    return currentAnswer(message, row ? toAnswer(row) : null, toBatches(rows.filter(isLog), 0));
  }
}

function isMessage(row: FoundRow): row is FoundRow & MessageRow {
  return row.message_id !== null;
}

function isLog(row: AnswerRow): row is AnswerRow & LogRow {
  return row.generation_key !== null;
}

function isSummary(row: PageRow): row is SummaryRow & PageRow {
  return row.id !== null;
}

const ALL = '(SELECT COUNT(*) FROM conversations WHERE owner_id = $1)';

/** A page of the list, `found` on the index with some columns, joined with the total. */
function pageSql(
  dialect: Dialect,
  { columns, rows, total }: { columns: string; rows: string; total: string },
): string {
  return `
    WITH found AS MATERIALIZED (
      SELECT ${columns} FROM conversations WHERE owner_id = $1
      ORDER BY updated_at DESC, ${dialect.byBytes('id')} LIMIT $2 OFFSET $3)
    SELECT owner.total, page.* FROM (SELECT ${total} AS total) owner
    LEFT JOIN (SELECT ${SUMMARY_COLUMNS} FROM ${rows}) page ON TRUE
    ORDER BY page.updated_at DESC, ${dialect.byBytes('page.id')}`;
}

/**
 * The total of a deep page without reading the index twice: the skipped rows are not counted again,
 * only the rows after the page's last one. Past the end there is no last row.
 */
function countedOnce(dialect: Dialect): string {
  const id = dialect.byBytes('id');
  const lastTime = '(SELECT MIN(updated_at) FROM found)';
  const lastId = `(SELECT MAX(${id}) FROM found WHERE updated_at = ${lastTime})`;
  // The order makes PostgreSQL use the index: it would scan the whole table for a third of it.
  const rest = (place: string) =>
    `(SELECT COUNT(*) FROM (SELECT 1 FROM conversations WHERE owner_id = $1 AND ${place}
      ORDER BY updated_at DESC, ${id}) behind)`;
  return `CASE WHEN EXISTS (SELECT 1 FROM found)
    THEN CAST($3 AS bigint) + (SELECT COUNT(*) FROM found)
      + ${rest(`updated_at = ${lastTime} AND ${id} > ${lastId}`)}
      + ${rest(`updated_at < ${lastTime}`)}
    ELSE ${ALL} END`;
}
