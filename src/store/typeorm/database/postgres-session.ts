import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { ChainedWrite, ChainHead, ChainResult } from './chained-write.js';
import type { SqlSession, SqlValue } from './sql-database.js';

/** Statements on one connection of the pool. */
export class PostgresSession implements SqlSession {
  constructor(readonly runner: QueryRunner) {}

  get manager(): EntityManager {
    return this.runner.manager;
  }

  async query<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    const result = await this.runner.query(sql, [...parameters], true);
    return result.records as Row[];
  }

  async chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null> {
    type Row = ChainHead & Record<string, unknown>;
    const [head] = await this.query<Row>(inOneStatement(write), parameters);
    return head ? { head, returned: (step) => Number(head[countOf(step)]) } : null;
  }
}

/** Runs work on a connection of the pool, which gets it back whatever happens. */
export async function onConnection<T>(
  source: DataSource,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    return await work(new PostgresSession(runner));
  } finally {
    await runner.release();
  }
}

const statements = new WeakMap<ChainedWrite, string>();

/** The chain with its head and each step as a part of one WITH. */
function inOneStatement(write: ChainedWrite): string {
  const statement = statements.get(write) ?? compose(write);
  statements.set(write, statement);
  return statement;
}

function compose({ head, steps }: ChainedWrite): string {
  const parts = [`changed AS (${head})`, ...steps.map(({ name, sql }) => `${name} AS (${sql})`)];
  const counts = steps.map(({ name }) => `(SELECT COUNT(*) FROM ${name}) AS ${countOf(name)}`);
  return `WITH ${parts.join(', ')}
    SELECT ${['turn_state', 'conversation_deleted', ...counts].join(', ')} FROM changed`;
}

function countOf(step: string): string {
  return `${step}_rows`;
}
