import type { GenerationRecord, LogBatch } from '../../domain/generation.js';
import { eventsAbove, textOf } from '../rules/log.js';
import { isRunning, toRecord, type GenerationRow } from './generation-row.js';
import type { LocalState } from './local-state.js';

/** Token events numbered above `after`; none once the log was removed. */
export async function readLog(
  { table, vault }: LocalState,
  key: string,
  after: number,
): Promise<LogBatch[]> {
  if (!table.get(key)?.hasLog) return [];
  return eventsAbove(await vault.readLog(key), after);
}

/** What the port shows of a row: while it runs, with the text of its log. */
export async function readRecord(
  { table, vault }: LocalState,
  row: GenerationRow,
): Promise<GenerationRecord> {
  if (!isRunning(row)) return toRecord(row, row.response);
  const text = textOf(await vault.readLog(row.key));
  // The end may have come while the log was read.
  const now = table.get(row.key) ?? row;
  return toRecord(now, isRunning(now) ? text : now.response);
}
