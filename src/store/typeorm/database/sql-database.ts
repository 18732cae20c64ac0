import type { EntityManager, QueryRunner } from 'typeorm';
import type { ConnectionCounts } from '../../store.js';
import type { TurnState } from '../entities/generation.entity.js';
import type { Dialect } from './dialect.js';

export type SqlValue = string | number | boolean | Buffer | null;

/** One connection, for statements. */
export interface SqlSession {
  /** Whether it is a session of the server as long as it lasts, and ends with this process. */
  readonly isLasting: boolean;

  /** For the query builder. Not for `save` or relations: they cost several statements. */
  readonly manager: EntityManager;

  /** Runs one statement with parameters `$1`, `$2`, … in either dialect; its rows, or none. */
  query<Row>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;

  /** Runs a chained write; null when its head changed nothing. */
  chain(write: ChainedWrite, parameters: readonly SqlValue[]): Promise<ChainResult | null>;
}

/** A group of statements. It may run again, and must wait only for the session, or a turn of the event loop. */
export type SqlWork<T> = (session: SqlSession) => Promise<T>;

/**
 * The one database behind the store. Failures come out as `AppError('store_unavailable')` when the
 * database cannot be used now, as `AppError('internal')` otherwise, never with SQL or parameters.
 */
export abstract class SqlDatabase {
  abstract readonly dialect: Dialect;

  /** Connects and migrates. May be called again after `store_unavailable`. */
  abstract open(): Promise<void>;

  abstract close(): Promise<void>;

  /** Its open connections. */
  connectionCounts(): ConnectionCounts {
    return { idle: 0, used: 0 };
  }

  /** Workers with a row or a running generation that were dead for certain when it was opened. */
  get deadWorkers(): readonly string[] {
    return [];
  }

  /**
   * Work on the schema, all or nothing, on a connection of its own; open or not. Only one of
   * several processes that start together runs it at a time. Fails like `open`.
   */
  abstract migrating<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T>;

  /**
   * For statements that change nothing. They see committed data. Only some of the connections read
   * at once, so that writes do not wait for reads.
   */
  abstract read<T>(work: SqlWork<T>): Promise<T>;

  /** A read that a claim or an end depends on: like a write, it does not wait for other reads. */
  abstract lookUp<T>(work: SqlWork<T>): Promise<T>;

  /**
   * For messages between workers (heartbeats, stop requests), in single short statements: it waits
   * for neither reads nor writes of requests. `changes`: whether the statement writes; a crash of
   * the database may take that back.
   */
  abstract coordinate<T>(work: SqlWork<T>, changes: boolean): Promise<T>;

  /**
   * For one statement whose loss by a power failure (never by a crash of this process) loses
   * nothing that was acknowledged.
   */
  abstract write<T>(work: SqlWork<T>): Promise<T>;

  /**
   * Reads that take long, on a connection of their own: all of them see the data of one moment.
   * Failures of the work itself come out as they are.
   */
  abstract snapshot<T>(work: SqlWork<T>): Promise<T>;

  /**
   * Work that takes long and happens all or not at all, on a connection of its own, durable once this
   * resolves. It runs once. Nobody can open the database meanwhile.
   */
  abstract longTransaction<T>(work: SqlWork<T>): Promise<T>;

  /** Throws `StoreStartError` if another process has it open, where that shows before it is opened here. */
  abstract assertUnopened(): Promise<void>;

  /** Statements that happen all or none and are durable once this resolves. */
  abstract transaction<T>(work: SqlWork<T>): Promise<T>;

  /**
   * All or none for a claim, or work that is a single chained write: one round trip where that can be,
   * together with others that come at the same time. Durable like `transaction`, or, where nothing is
   * acknowledged by it, like `write`.
   */
  abstract chained<T>(work: SqlWork<T>, durable: boolean): Promise<T>;

  /**
   * Overwrites what was removed from the database's own files, where that is not the server's business.
   * Throws `store_unavailable` if others prevent it.
   */
  abstract overwriteRemoved(): Promise<void>;

  /**
   * Throws `store_unavailable` unless writes succeed now.
   *
   * @param probe writes and deletes a test value; used if there was no recent write
   */
  abstract assertWritable(probe: SqlWork<unknown>): Promise<void>;
}

/**
 * A write to several tables for one generation: `head` changes its row if its condition is true,
 * `steps` depend on the changed row. PostgreSQL runs it as one statement, SQLite one after the
 * other.
 *
 * A step must not read data that another one writes, other than by `Dialect.returnedRows`. All
 * share one list of parameters, whose `$1` is the row's key.
 */
export interface ChainedWrite {
  /** `UPDATE generations … RETURNING *`. */
  readonly head: string;
  readonly steps: readonly ChainedStep[];
}

export interface ChainedStep {
  /** Names the step, and in PostgreSQL its rows: not the name of a table. */
  readonly name: string;
  /** A statement that changes something and returns what it changed. */
  readonly sql: string;
  /** Whether the write's result tells how many rows it returned; a count is work for the server. */
  readonly isCounted?: true;
  /** Whether the step can do anything for this row; saves SQLite the others. */
  applies(head: ChainHead): boolean;
}

/** Of the changed row, what decides about the steps. */
export interface ChainHead {
  turn_state: TurnState;
  conversation_deleted: boolean | number;
  stateless: boolean | number;
}

export interface ChainResult {
  head: ChainHead;
  /** How many rows a step returned that is counted. */
  returned(step: string): number;
}
