import type {
  BranchMessage,
  Conversation,
  ConversationReading,
} from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import { pagesBetween, type PlacedMessage } from '../../rules/pages.js';
import { MessageTree } from '../../rules/tree.js';
import type { SqlDatabase, SqlSession, SqlValue } from '../database/sql-database.js';
import {
  headOf,
  toHead,
  toMessages,
  toNodes,
  toSettled,
  type BranchHead,
  type BranchRow,
  type HeadRow,
  toPlainMessages,
  type MessageRow,
  type SkeletonRow,
} from './conversation-rows.js';
import { currentIn } from './current-answer.js';
import type { Subject } from './locked-conversation.js';
import { plainFind } from './plain-window-sql.js';
import { rangesOf, RunPages, type Run, type RunRow } from './run-pages.js';
import { SUMMARY } from './summary-sql.js';
import {
  SKELETON_FROM,
  windowStatements,
  type WindowSql,
  type WindowStatements,
} from './window-sql.js';

/** The conversation joined with each of its messages, or with none. */
type FoundRow = BranchRow & (MessageRow | { message_id: null });

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** A window, as its statements are chosen and take it. */
interface SqlWindow {
  of: WindowSql;
  parameters: SqlValue[];
}

/** Reads conversations along a branch. */
export class BranchReader {
  private readonly pages: RunPages;
  private readonly windows: WindowStatements;
  private readonly plain: Record<'whole' | 'before', string>;

  constructor(private readonly database: SqlDatabase) {
    this.pages = new RunPages(database.dialect);
    this.windows = windowStatements(database.dialect);
    this.plain = {
      whole: plainFind(database.dialect, false),
      before: plainFind(database.dialect, true),
    };
  }

  /**
   * One statement, one more for an answer that is being written, and one more for the active branch of a
   * conversation that has others.
   */
  async find(
    subject: Subject,
    window: Partial<MessageWindow> = {},
  ): Promise<Conversation | 'message_not_found' | null> {
    const plain = window.branch === undefined ? await this.findPlain(subject, window) : 'branched';
    if (plain !== 'branched') return plain;
    const { of, parameters } = await this.windowOf(subject, window);
    const rows = await this.database.read((session) =>
      session.query<FoundRow>(of.find, parameters),
    );
    return this.found(subject, headOf(rows), toMessages(rows.filter(isMessage), subject.id));
  }

  /** One statement, and one a page. */
  async read(
    subject: Subject,
    window: Partial<MessageWindow> = {},
  ): Promise<ConversationReading | 'message_not_found' | null> {
    const { of, parameters } = await this.windowOf(subject, window);
    const rows = await this.database.read((session) =>
      session.query<BranchRow & RunRow>(of.runs, parameters),
    );
    const head = headOf(rows);
    if (!head) return null;
    if (!head.is_known) return 'message_not_found';
    const runs = rangesOf(rows);
    const [first, last] = [runs[0]?.low ?? 1, runs.at(-1)?.high ?? 0];
    const read = (from: number, limit: number) => this.page(subject, runs, from, limit);
    return { ...toHead(head), pages: pagesBetween(first, last, read) };
  }

  async summary({ ownerId, id }: Subject) {
    const [row] = await this.database.read((session) =>
      session.query<HeadRow>(SUMMARY, [ownerId, id]),
    );
    return row ? toSettled(row) : null;
  }

  /**
   * The end of the branch through a message: the newest message below it. Null where the conversation has
   * none of this id.
   */
  async endThrough(
    session: SqlSession,
    { ownerId, id }: Subject,
    messageId: string,
  ): Promise<string | null> {
    const rows = await session.query<SkeletonRow>(SKELETON_FROM, [ownerId, id, messageId]);
    // What is below a message comes after it.
    return new MessageTree(toNodes(rows, id)).newestBelow(messageId);
  }

  private async findPlain(
    subject: Subject,
    { limit = NO_LIMIT, before }: Partial<MessageWindow>,
  ): Promise<Conversation | 'message_not_found' | 'branched' | null> {
    const parameters = [subject.ownerId, subject.id, limit];
    const rows = await this.database.read((session) =>
      before === undefined
        ? session.query<FoundRow>(this.plain.whole, parameters)
        : session.query<FoundRow>(this.plain.before, [...parameters, before]),
    );
    const head = headOf(rows);
    if (head?.branched) return 'branched';
    return this.found(subject, head, toPlainMessages(rows.filter(isMessage), subject.id, limit));
  }

  private async found(
    { ownerId }: Subject,
    head: BranchHead | null,
    messages: BranchMessage[],
  ): Promise<Conversation | 'message_not_found' | null> {
    if (!head) return null;
    if (!head.is_known) return 'message_not_found';
    return { ...toHead(head), messages: await this.current(ownerId, messages) };
  }

  /** Answers that are being written get the text of their log. */
  private async current(ownerId: string, messages: BranchMessage[]): Promise<BranchMessage[]> {
    if (messages.every(({ status }) => status !== 'streaming')) return messages;
    return this.database.read((session) =>
      Promise.all(messages.map((message) => currentIn(session, ownerId, message))),
    );
  }

  private async windowOf(
    subject: Subject,
    { limit = NO_LIMIT, branch, before }: Partial<MessageWindow>,
  ): Promise<SqlWindow> {
    const parameters: SqlValue[] = [subject.ownerId, subject.id, limit];
    if (before !== undefined) parameters.push(before);
    const statements = before === undefined ? this.windows.whole : this.windows.before;
    if (branch === undefined) return { of: statements.active, parameters };
    if (branch === 'all') return { of: statements.all, parameters };
    const end = 'upTo' in branch ? branch.upTo : await this.through(subject, branch.through);
    return { of: statements.upTo, parameters: [...parameters, end] };
  }

  private async through(subject: Subject, messageId: string): Promise<string> {
    const end = await this.database.read((session) => this.endThrough(session, subject, messageId));
    return end ?? messageId;
  }

  private async page(
    { ownerId, id }: Subject,
    runs: readonly Run[],
    from: number,
    limit: number,
  ): Promise<PlacedMessage<BranchMessage>[]> {
    const { sql, parameters } = this.pages.statement(runs, from, limit);
    const rows = await this.database.read((session) =>
      session.query<MessageRow>(sql, [ownerId, id, ...parameters]),
    );
    const messages = await this.current(ownerId, toMessages(rows, id));
    return messages.map((message, n) => ({ seq: rows[n]?.seq ?? 0, message }));
  }
}

function isMessage(row: FoundRow): row is FoundRow & MessageRow {
  return row.message_id !== null;
}
