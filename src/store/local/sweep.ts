import { FORGOTTEN } from './generation-row.js';
import type { LocalState } from './local-state.js';

/**
 * Removes logs of generations that ended before `logsBefore` and rows that ended before `rowsBefore`.
 * With a log goes the text of an answer whose conversation was deleted while it was made.
 */
export async function sweep(
  { table, vault }: LocalState,
  { logsBefore, rowsBefore }: { logsBefore: number; rowsBefore: number },
): Promise<void> {
  for (const { key, finishedAt, hasLog, conversationDeleted } of table.allEnded()) {
    const endedAt = finishedAt ?? 0;
    if (endedAt < rowsBefore) {
      await vault.removeGeneration(key);
      table.remove(key);
    } else if (hasLog && endedAt < logsBefore) {
      await vault.removeLog(key);
      table.patch(key, conversationDeleted ? FORGOTTEN : { hasLog: false });
      const row = table.get(key);
      if (row && conversationDeleted) await vault.saveGeneration(row);
    }
  }
}
