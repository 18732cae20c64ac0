import { ChangeFeed, type FeedEntry } from '../change-feed.js';
import { cursorOf, parseCursor, type ChangeMark } from '../rules/cursor.js';
import { ChangeNumberer } from './changes/change-numberer.js';
import {
  CHANGE_FIELDS,
  countEvents,
  lastOf,
  placeOf,
  toEntries,
  type ChangeRow,
} from './changes/change-rows.js';
import type { SqlDatabase } from './database/sql-database.js';

/** Rows that one statement removes: a long one would keep writers waiting. */
const CHUNK = 500;

interface Pending {
  /** Whether there are changes without a number. */
  pending: boolean | number;
}

type LastRow = Pending & Pick<ChangeRow, 'number' | 'mark' | 'events'>;

/** With the events of the row that has the cursor's. */
type FoundRow = Pending & { known_events: string | null } & (ChangeRow | { number: null });

/** The table of changes. Its newest row always stays, so that the last number is given only once. */
export class TypeOrmChangeFeed extends ChangeFeed {
  private readonly numberer: ChangeNumberer;
  private readonly last: string;
  private readonly next: { ofAll: string; ofOwner: string };

  constructor(private readonly database: SqlDatabase) {
    super();
    this.numberer = new ChangeNumberer(database);
    const { pending } = this.numberer;
    this.last = `SELECT number, mark, events, ${pending} AS pending FROM changes
      WHERE number >= 0 ORDER BY number DESC LIMIT 1`;
    this.next = { ofAll: nextSql(pending, ''), ofOwner: nextSql(pending, 'AND owner_id = $4') };
  }

  async end(): Promise<string> {
    const last = await this.lastRow();
    if (!last.pending) return cursorOf(lastOf(last));
    await this.numberer.number();
    return cursorOf(lastOf(await this.lastRow()));
  }

  async after(
    cursor: string,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'> {
    const mark = parseCursor(cursor);
    if (!mark) return 'lost';
    const page = await this.page(mark, limit, ownerId);
    if (!page.pending || page.entries === 'lost' || page.entries.length === limit)
      return page.entries;
    await this.numberer.number();
    return (await this.page(mark, limit, ownerId)).entries;
  }

  /** Only what has nothing newer before it: behind a cursor that is known, nothing is missing. */
  async sweep(before: number): Promise<void> {
    if ((await this.lastRow()).pending) await this.numberer.number();
    const [row] = await this.database.read((session) =>
      session.query<{ number: string | number | null }>(LAST_EXPIRED, [before]),
    );
    const parameters = [Number(row?.number ?? 0)];
    const removeSome = () =>
      this.database.write((session) => session.query(REMOVE_SOME, parameters));
    while ((await removeSome()).length === CHUNK);
  }

  private async lastRow(): Promise<LastRow> {
    const [row] = await this.database.read((session) => session.query<LastRow>(this.last));
    if (!row) throw new Error('The table of changes has no row');
    return row;
  }

  private async page(mark: ChangeMark, limit: number, ownerId: string | null) {
    const { row: number, place } = placeOf(mark.number);
    // Of the first row some events may be before the cursor, or all.
    const parameters = [number, mark.check, limit + 1];
    const rows = await this.database.read((session) =>
      ownerId === null
        ? session.query<FoundRow>(this.next.ofAll, parameters)
        : session.query<FoundRow>(this.next.ofOwner, [...parameters, ownerId]),
    );
    const [first] = rows;
    const events = first?.known_events ?? null;
    const isKnown = events !== null && place < countEvents({ events });
    const entries = rows
      .filter(isChange)
      .flatMap((row) => toEntries(row).slice(Number(row.number) === number ? place + 1 : 0));
    return {
      pending: Boolean(first?.pending),
      entries: isKnown ? entries.slice(0, limit) : ('lost' as const),
    };
  }
}

function isChange(row: FoundRow): row is FoundRow & ChangeRow {
  return row.number !== null;
}

/**
 * The writes from that of a mark on; one row where there are none. Parameters: the mark, limit, what the
 * condition has.
 */
const nextSql = (pending: string, condition: string) => `
  SELECT ${pending} AS pending,
    (SELECT events FROM changes WHERE number = $1 AND mark = $2) AS known_events, c.*
  FROM (SELECT 1 AS one) always LEFT JOIN (
    SELECT number, ${CHANGE_FIELDS} FROM changes WHERE number >= $1 ${condition} ORDER BY number LIMIT $3
  ) c ON TRUE ORDER BY c.number`;

/** The last of the first changes that are from before a time. */
const LAST_EXPIRED = `
  SELECT MAX(number) AS number FROM changes WHERE number < COALESCE(
    (SELECT number FROM changes WHERE number >= 0 AND time >= $1 ORDER BY number LIMIT 1),
    (SELECT MAX(number) + 1 FROM changes))`;

const REMOVE_SOME = `
  DELETE FROM changes WHERE number IN (
    SELECT number FROM changes WHERE number < $1 ORDER BY number LIMIT ${CHUNK})
  RETURNING number`;
