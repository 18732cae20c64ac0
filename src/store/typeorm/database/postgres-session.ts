import type { EntityManager, QueryRunner } from 'typeorm';
import type { ChainedWrite, ChainHead, ChainResult } from './chained-write.js';
import { isUnanswered } from './postgres-errors.js';
import type { PreparedStatements } from './prepared-statements.js';
import type { SqlSession, SqlValue } from './sql-database.js';
import { RepeatableError } from './vendor-error.js';

/** Of pg's client, what is used here. */
export interface PgClient {
  /** Of the server's process, or what a pooler says instead. */
  readonly processID: number | null;
  /** Its rows are what the caller says they are. */
  query(statement: {
    text: string;
    values: readonly SqlValue[];
    name?: string;
  }): Promise<{ rows: never[] }>;
  end(): Promise<void>;
}

/** Ends a connection that must not be used again; its pool makes a new one when one is needed. */
export function abandon(client: PgClient): void {
  void client.end().catch(() => undefined);
}

/** Statements on one connection of the pool. */
export class PostgresSession implements SqlSession {
  constructor(
    readonly runner: QueryRunner,
    readonly client: PgClient,
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
      if (isUnanswered(error)) abandon(this.client);
      if (name !== undefined && this.prepared.isToBlame(name, error))
        throw new RepeatableError('The server knows the statement otherwise', { cause: error });
      throw error;
    }
  }

  async chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null> {
    type Row = ChainHead & Record<string, unknown>;
    const [head] = await this.query<Row>(inOneStatement(write), parameters);
    return head ? { head, returned: (step) => Number(head[countOf(step)]) } : null;
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
