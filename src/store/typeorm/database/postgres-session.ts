import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { ChainedWrite, ChainHead, ChainResult } from './chained-write.js';
import { isUnanswered } from './postgres-errors.js';
import type { PreparedStatements } from './prepared-statements.js';
import type { SqlSession, SqlValue } from './sql-database.js';
import { NotConnectedError } from './vendor-error.js';

/** Statements on one connection of the pool. */
export class PostgresSession implements SqlSession {
  constructor(
    readonly runner: QueryRunner,
    private readonly client: PgClient,
    private readonly prepared: PreparedStatements,
  ) {}

  get manager(): EntityManager {
    return this.runner.manager;
  }

  /** Past TypeORM's own `query`, which knows no names for statements. */
  async query<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    const name = this.prepared.nameOf(sql);
    const statement = {
      text: sql,
      values: [...parameters],
      ...(name === undefined ? {} : { name }),
    };
    try {
      return (await this.client.query(statement)).rows;
    } catch (error) {
      // The pool would hand it out again, and whoever gets it would wait just as long.
      if (isUnanswered(error)) void this.client.end().catch(() => undefined);
      throw error;
    }
  }

  async chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null> {
    type Row = ChainHead & Record<string, unknown>;
    const [head] = await this.query<Row>(inOneStatement(write), parameters);
    return head ? { head, returned: (step) => Number(head[countOf(step)]) } : null;
  }
}

/** Of pg's client, what is used here. */
interface PgClient {
  /** Its rows are what the caller says they are. */
  query(statement: { text: string; values: SqlValue[]; name?: string }): Promise<{ rows: never[] }>;
  end(): Promise<void>;
}

function isClient(value: unknown): value is PgClient {
  return typeof value === 'object' && value !== null && 'query' in value;
}

/**
 * Runs work on a connection of the pool, which gets it back whatever happens.
 *
 * @throws {@link NotConnectedError} when there is none to be had
 */
export async function onConnection<T>(
  source: DataSource,
  prepared: PreparedStatements,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    return await work(new PostgresSession(runner, await clientOf(runner), prepared));
  } finally {
    await runner.release();
  }
}

async function clientOf(runner: QueryRunner): Promise<PgClient> {
  const client: unknown = await runner.connect().catch((cause: unknown) => {
    throw new NotConnectedError('No connection to the database', { cause });
  });
  if (!isClient(client)) throw new TypeError('The connection is none of pg');
  return client;
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
