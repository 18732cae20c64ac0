import type { EntityManager, QueryRunner } from 'typeorm';
import { RetryableError } from '../database/driver-errors.js';
import type {
  ChainedWrite,
  ChainHead,
  ChainResult,
  SqlSession,
  SqlValue,
} from '../database/sql-database.js';
import { isUnanswered } from './postgres-errors.js';
import { isPooled } from './postgres-setup.js';
import type { PreparedStatements } from './prepared-statements.js';

/** The part of pg's client that is used here. */
export interface PgClient {
  /** Of the server's process, or what a pooler says instead. */
  readonly processID: number | null;
  /** The caller states the type of the rows. */
  query(statement: {
    text: string;
    values: readonly SqlValue[];
    name?: string;
  }): Promise<{ rows: never[]; command: string }>;
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

  get isLasting(): boolean {
    return !isPooled(this.client);
  }

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
      // The pool would hand it out again, and the next statement on it would wait just as long.
      if (isUnanswered(error)) abandon(this.client);
      if (name !== undefined && this.prepared.isNameFailure(name, error))
        throw new RetryableError('The server has another statement of this name', { cause: error });
      throw error;
    }
  }

  async chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null> {
    type Row = ChainHead & Record<string, unknown>;
    const [head] = await this.query<Row>(inOneStatement(write), parameters);
    return head ? { head, returned: (step) => Number(head[countOf(step)] ?? 0) } : null;
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
  const counts = steps
    .filter(({ isCounted }) => isCounted)
    .map(({ name }) => `(SELECT COUNT(*) FROM ${name}) AS ${countOf(name)}`);
  return `WITH ${parts.join(', ')}
    SELECT ${['turn_state', 'conversation_deleted', 'stateless', ...counts].join(', ')} FROM changed`;
}

function countOf(step: string): string {
  return `${step}_rows`;
}

/** Limits of one transaction, in milliseconds; 0 is none. */
export interface TransactionLimits {
  statementMs: number;
  lockMs?: number;
  /** The server's default if it is left out. */
  isolation?: 'REPEATABLE READ';
}

/** All statements of the work, or none. */
export async function inTransaction<T>(
  session: PostgresSession,
  limits: TransactionLimits,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const { runner } = session;
  await runner.startTransaction(limits.isolation);
  try {
    await limit(session, limits);
    const result = await work(session);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // The connection may be what failed; the pool would hand it out again while it waits.
    if (isUnanswered(error)) abandon(session.client);
    else await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** Settings that a pooled session must not have are set in each transaction. */
async function limit(
  session: PostgresSession,
  { statementMs, lockMs }: TransactionLimits,
): Promise<void> {
  if (isPooled(session.client))
    await session.query(
      `SELECT set_config('statement_timeout', $1, true),
         set_config('idle_in_transaction_session_timeout', $1, true)`,
      [String(statementMs)],
    );
  if (lockMs !== undefined)
    await session.query(`SELECT set_config('lock_timeout', $1, true)`, [String(lockMs)]);
}
