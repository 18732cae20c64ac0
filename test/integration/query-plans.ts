import type { SqlDatabase, SqlValue } from '../../src/store/typeorm/database/sql-database.js';

export interface Statement {
  sql: string;
  parameters: readonly SqlValue[];
}

/** How a statement goes to a table, whatever the server writes of it. */
export interface Access {
  table: string;
  /** Null: it reads the whole table. */
  index: string | null;
  /** Whether the table itself is not read. */
  isIndexOnly: boolean;
  /** What the index is asked for. */
  condition: string;
  /** Of what is made beforehand (`WITH found AS …`) its name. */
  within: string | null;
  /** Whether what is found is put in order afterwards. */
  isSorted: boolean;
}

/** How the database would go to its tables, with indexes used wherever they can be. */
export function accessesOf(database: SqlDatabase, statement: Statement): Promise<Access[]> {
  return database.dialect.name === 'sqlite'
    ? sqliteAccesses(database, statement)
    : postgresAccesses(database, statement);
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Subplan Name'?: string;
  Plans?: PlanNode[];
}

async function postgresAccesses(database: SqlDatabase, { sql, parameters }: Statement) {
  const root = await database.transaction(async (session) => {
    await session.query('SET LOCAL enable_seqscan = off');
    // Which it takes for a small table hangs on when that was last cleaned up.
    await session.query('SET LOCAL enable_bitmapscan = off');
    const [row] = await session.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (FORMAT JSON) ${sql}`,
      parameters,
    );
    return row?.['QUERY PLAN'][0]?.Plan;
  });
  return root ? inTree(root, { within: null, isSorted: false }) : [];
}

function inTree(node: PlanNode, above: Pick<Access, 'within' | 'isSorted'>): Access[] {
  const cte = /^CTE (.*)$/.exec(node['Subplan Name'] ?? '')?.[1];
  const here = cte === undefined ? above : { within: cte, isSorted: false };
  const below = { ...here, isSorted: here.isSorted || /Sort/.test(node['Node Type']) };
  const inner = (node.Plans ?? []).flatMap((each) => inTree(each, below));
  const table = node['Relation Name'];
  if (table === undefined || !/Scan/.test(node['Node Type'])) return inner;
  const access = {
    table,
    index: node['Index Name'] ?? null,
    isIndexOnly: node['Node Type'] === 'Index Only Scan',
    condition: node['Index Cond'] ?? '',
    ...here,
  };
  return [access, ...inner];
}

interface PlanRow {
  id: number;
  parent: number;
  detail: string;
}

async function sqliteAccesses(database: SqlDatabase, { sql, parameters }: Statement) {
  const rows = await database.read((session) =>
    session.query<PlanRow>(`EXPLAIN QUERY PLAN ${sql}`, parameters),
  );
  const withinOf = (row: PlanRow): string | null => {
    const parent = rows.find(({ id }) => id === row.parent);
    const made = /^MATERIALIZE (\w+)$/.exec(parent?.detail ?? '')?.[1];
    return made ?? (parent ? withinOf(parent) : null);
  };
  const isSorted = (row: PlanRow): boolean =>
    rows.some(({ parent, detail }) => parent === row.parent && /^USE TEMP B-TREE/.test(detail));
  return rows.flatMap((row): Access[] => {
    const found = SQLITE_ACCESS.exec(row.detail)?.groups;
    if (!found) return [];
    const { table = '', covering, index = 'rowid', condition = '' } = found;
    const isWhole = row.detail === `SCAN ${table}`;
    return [
      {
        table,
        index: isWhole ? null : index,
        isIndexOnly: covering !== undefined,
        condition,
        within: withinOf(row),
        isSorted: isSorted(row),
      },
    ];
  });
}

/** Neither of functions that give rows nor of what was made beforehand. */
const SQLITE_ACCESS =
  /^(SEARCH|SCAN) (?<table>\w+)( USING (?<covering>COVERING )?(INDEX (?<index>\w+)|INTEGER PRIMARY KEY)( \((?<condition>.*)\))?)?$/;
