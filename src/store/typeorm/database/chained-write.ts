import type { TurnState } from '../entities/generation.entity.js';

/**
 * A write of several tables that hangs on one generation: `head` changes its row if it may, `steps`
 * follow from what the row is then. PostgreSQL runs it as one statement, SQLite one after the other.
 *
 * No step may read what another one writes, other than by `Dialect.returnedRows`. All share one list
 * of parameters, whose `$1` is the row's key.
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
  /** Whether the step can do anything for this row; saves SQLite the others. */
  applies(head: ChainHead): boolean;
}

/** Of the changed row, what decides about the steps. */
export interface ChainHead {
  turn_state: TurnState;
  conversation_deleted: boolean | number;
}

export interface ChainResult {
  head: ChainHead;
  /** How many rows a step returned. */
  returned(step: string): number;
}
