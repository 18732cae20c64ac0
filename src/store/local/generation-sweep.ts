import {
  ERASED,
  FORGOTTEN,
  isKeptMessage,
  RECORD_ALONE,
  spentOn,
  type GenerationRow,
} from './generation-row.js';
import type { LocalState } from './local-state.js';

export interface SweepCutoffs {
  logsBefore: number;
  rowsBefore: number;
}

/** Removes what ended generations are no longer needed for. */
export class GenerationSweep {
  constructor(private readonly state: LocalState) {}

  /** With the log goes the text of an answer that no conversation has (any more). */
  async sweep({ logsBefore, rowsBefore }: SweepCutoffs): Promise<void> {
    const { table } = this.state;
    await this.saveUsageBefore(rowsBefore);
    for (const { key, finishedAt, hasLog } of table.allEnded()) {
      const endedAt = finishedAt ?? 0;
      if (endedAt < rowsBefore) await this.removeRow(key);
      else if (hasLog && endedAt < logsBefore) await this.forgetLog(key);
    }
  }

  private async removeRow(key: string): Promise<void> {
    const { table, persistence } = this.state;
    const row = table.get(key);
    if (!row) return;
    if (isKeptMessage(row)) return this.leaveRecord(row);
    await persistence.removeGeneration(key);
    table.remove(key);
  }

  /** Its texts would be in memory, and beside those of its message on disk, as long as it is kept. */
  private async leaveRecord({ key, ownerId, conversationId }: GenerationRow): Promise<void> {
    const { table, persistence } = this.state;
    const isAlone = ({ hasLog, response, parts, spent }: GenerationRow) =>
      !hasLog && response === '' && parts === null && spent === null;
    await this.state.inConversation(ownerId, conversationId, async () => {
      const row = table.get(key);
      if (!row || !isKeptMessage(row) || isAlone(row)) return;
      await persistence.removeLog(key);
      await persistence.saveGeneration({ ...row, ...RECORD_ALONE });
      table.patch(key, RECORD_ALONE);
    });
  }

  private async forgetLog(key: string): Promise<void> {
    const { table, persistence } = this.state;
    await persistence.removeLog(key);
    const row = table.get(key);
    if (!row) return;
    const { stateless, conversationDeleted } = row;
    const withoutTexts = stateless ? FORGOTTEN : { hasLog: false };
    table.patch(key, conversationDeleted ? ERASED : withoutTexts);
    if (!stateless && !conversationDeleted) return;
    await persistence.saveGeneration(table.get(key) ?? row);
  }

  /** Saves what was counted from rows that are to be removed. */
  private async saveUsageBefore(rowsBefore: number): Promise<void> {
    const old = this.state.table.allEnded().filter((row) => (row.finishedAt ?? 0) < rowsBefore);
    for (const day of new Set(old.map(spentOn))) if (day !== null) await this.state.saveUsage(day);
  }
}
