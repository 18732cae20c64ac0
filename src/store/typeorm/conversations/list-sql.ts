import type { ListRequest } from '../../conversation-store.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlValue } from '../database/sql-database.js';
import { SUMMARY_COLUMNS } from './summary-sql.js';

/**
 * Up to this offset, reading the rows before a page is cheaper than looking up the page's rows
 * twice.
 */
const NEAR = 100;

/** Up to this many conversations of a tag, sorting them is cheaper than looking for it along the list. */
const FEW = 20_000;

/** A page of the list in one statement, so that page and total are consistent. */
export interface PageStatement {
  sql: string;
  parameters: SqlValue[];
}

/** Conditions on conversations `c` that part them as the indexes of the list do. */
const HALVES = ['c.archived = false', 'c.archived = true'];

/** The parts of a page's statement. */
interface PageParts {
  /** Column by which it is sorted. */
  time: string;
  /** The order of the columns of a table. */
  order: (alias: string) => string;
  /** Conditions of the filter on the columns of a table, beside the tag. */
  filter: (alias: string) => string;
  /** Whether the filter leaves one half alone; null: both. */
  archived: boolean | null;
  /** Conditions of the place where the page begins. */
  place: (alias: string) => string;
  /** LIMIT and OFFSET. */
  part: string;
  /** LIMIT without OFFSET, up to the end of the page. */
  upToPart: string;
}

/**
 * Archived conversations and others are apart in the indexes of the list, so that a page of either is read
 * and counted as if there were no others. Lists of both take as many of each as they may need.
 */
export function pageStatement(
  dialect: Dialect,
  ownerId: string,
  request: ListRequest,
): PageStatement {
  const { archived, pinned, tag, sort, order, limit, from, until } = request;
  const parameters: SqlValue[] = [ownerId, limit];
  const next = (value: SqlValue) => `$${parameters.push(value)}`;
  const time = sort === 'createdAt' ? 'created_at' : 'updated_at';
  const beyond = order === 'desc' ? '<' : '>';
  const after = 'after' in from ? [next(from.after.time), next(from.after.id)] : null;
  const offset = 'offset' in from ? next(from.offset) : null;
  const latest = until === null ? null : next(until);
  const parts: PageParts = {
    time,
    order: (alias) => `${alias}.${time} ${order.toUpperCase()}, ${dialect.byBytes(`${alias}.id`)}`,
    archived,
    filter: (alias) =>
      [
        `${alias}.owner_id = $1`,
        ...(archived === null ? [] : [`${alias}.archived = ${archived}`]),
        ...(pinned === null ? [] : [`${pinned ? '' : 'NOT '}${alias}.pinned`]),
      ].join(' AND '),
    place: (alias) =>
      [
        'TRUE',
        ...(after === null
          ? []
          : [
              `${alias}.${time} ${beyond}= ${after[0]}`,
              `(${alias}.${time} ${beyond} ${after[0]} OR ${dialect.byBytes(`${alias}.id`)} > ${after[1]})`,
            ]),
        ...(latest === null ? [] : [`${alias}.${time} <= ${latest}`]),
      ].join(' AND '),
    part: `LIMIT $2 ${offset === null ? '' : `OFFSET ${offset}`}`,
    upToPart: `LIMIT CAST($2 AS bigint) ${offset === null ? '' : `+ CAST(${offset} AS bigint)`}`,
  };
  if (tag !== null) return { sql: taggedSql(parts, next(tag)), parameters };
  const isDeep = 'offset' in from && from.offset > NEAR && until === null;
  const sql = isDeep ? deepSql(dialect, parts, beyond) : nearSql(parts);
  return { sql, parameters };
}

/** The rows of the page in their order, as far as a further condition holds for them. */
function pageRows(parts: PageParts, columns: string, condition = 'TRUE'): string {
  const { archived, filter, place, order, part, upToPart } = parts;
  const rows = (half: string, limit: string) => `
    SELECT ${columns} FROM conversations c
    WHERE ${filter('c')} AND ${half} AND ${place('c')} AND ${condition}
    ORDER BY ${order('c')} ${limit}`;
  if (archived !== null) return rows('TRUE', part);
  const both = ofBothHalves((half) => rows(half, upToPart));
  return `SELECT * FROM (${both}) c ORDER BY ${order('c')} ${part}`;
}

/**
 * Rows of conversations `c`, archived ones and others. Each half is in the order that its statement gives
 * it, as the indexes of the list have them apart.
 */
export const ofBothHalves = (rows: (half: string) => string): string =>
  HALVES.map((half) => `SELECT * FROM (${rows(half)}) half`).join(' UNION ALL ');

/** The page joined with the total; past the end there is one row, the total's. */
const joined = ({ order }: PageParts, found: string, rows: string, total: string) => `
  WITH found AS MATERIALIZED (${found})
  SELECT owner.total, page.* FROM (SELECT ${total} AS total) owner
  LEFT JOIN (SELECT ${SUMMARY_COLUMNS} FROM ${rows}) page ON TRUE
  ORDER BY ${order('page')}`;

const FOUND_ROWS = 'found JOIN conversations c ON c.owner_id = found.owner_id AND c.id = found.id';

const all = ({ filter }: PageParts) =>
  `(SELECT COUNT(*) FROM conversations c WHERE ${filter('c')})`;

function nearSql(parts: PageParts): string {
  return joined(parts, pageRows(parts, 'c.*'), 'found c', all(parts));
}

/**
 * The offset is skipped on the index only; only the page's own rows are read. What is skipped is not
 * counted again for the total, only the rows after the page's last one. Past the end there is no last row.
 */
function deepSql(dialect: Dialect, parts: PageParts, beyond: '<' | '>'): string {
  const { time, archived, filter, order } = parts;
  const lastTime = `(SELECT ${beyond === '<' ? 'MIN' : 'MAX'}(${time}) FROM found)`;
  const lastId = `(SELECT MAX(${dialect.byBytes('id')}) FROM found WHERE ${time} = ${lastTime})`;
  // The order makes PostgreSQL use the index: it would scan the whole table for a third of it.
  const rest = (place: string) =>
    (archived === null ? HALVES : ['TRUE'])
      .map(
        (half) => `(SELECT COUNT(*) FROM (
          SELECT 1 FROM conversations c WHERE ${filter('c')} AND ${half} AND ${place}
          ORDER BY ${order('c')}) behind)`,
      )
      .join(' + ');
  const total = `CASE WHEN EXISTS (SELECT 1 FROM found)
    THEN CAST($3 AS bigint) + (SELECT COUNT(*) FROM found)
      + ${rest(`c.${time} = ${lastTime} AND ${dialect.byBytes('c.id')} > ${lastId}`)}
      + ${rest(`c.${time} ${beyond} ${lastTime}`)}
    ELSE ${all(parts)} END`;
  return joined(parts, pageRows(parts, `c.owner_id, c.id, c.${time}`), FOUND_ROWS, total);
}

/**
 * The conversations of a tag are counted on its index. Those of a rare one are sorted, a frequent one is
 * met soon along the list.
 */
function taggedSql(parts: PageParts, tag: string): string {
  const { time, filter, place, order, part } = parts;
  const columns = `c.owner_id, c.id, c.${time}`;
  const total = `(SELECT COUNT(*) FROM conversation_tags t WHERE ${filter('t')} AND t.tag = ${tag})`;
  const isTagged = `(SELECT COUNT(*) FROM conversation_tags t WHERE t.owner_id = c.owner_id
    AND t.tag = ${tag} AND t.conversation_id = c.id) > 0`;
  const found = `
    SELECT * FROM (SELECT ${columns} FROM conversation_tags t CROSS JOIN conversations c
      WHERE ${total} <= ${FEW} AND ${filter('t')} AND t.tag = ${tag}
        AND c.owner_id = t.owner_id AND c.id = t.conversation_id AND ${place('c')}
      ORDER BY ${order('c')} ${part}) few
    UNION ALL
    SELECT * FROM (${pageRows(parts, columns, `${total} > ${FEW} AND ${isTagged}`)}) many`;
  return joined(parts, found, FOUND_ROWS, total);
}
