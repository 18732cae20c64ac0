import { ERASED, isErased, isRunning, type GenerationRow } from './generation-row.js';
import type { LocalState } from './local-state.js';

/** Removes what ended generations still have of answers that are deleted: text, parts and log. */
export class GenerationEraser {
  constructor(private readonly state: LocalState) {}

  /**
   * Runs a task that deletes these messages, and then erases their generations. These are marked before:
   * after a crash the next start erases those whose message is not there any more.
   */
  async whileDeleting(
    ownerId: string,
    conversationId: string,
    messageIds: readonly string[],
    task: () => Promise<void>,
  ): Promise<void> {
    const deleted = new Set(messageIds);
    const rows = this.state.table
      .ofConversation(ownerId, conversationId)
      .filter((row) => !isRunning(row) && !row.conversationDeleted && deleted.has(row.messageId));
    for (const row of rows)
      await this.state.persistence.saveGeneration({ ...row, isErasing: true });
    await task();
    for (const row of rows) await this.erase(row);
  }

  /** Unlike the others it is not marked: it fails where the disk does, and a repetition completes it. */
  async eraseEnded(key: string): Promise<void> {
    const { table, persistence } = this.state;
    const known = table.get(key);
    if (!known) return;
    await this.state.inConversation(known.ownerId, known.conversationId, async () => {
      const row = table.get(key);
      if (!row || isRunning(row) || isErased(row)) return;
      await persistence.removeLog(key);
      await persistence.saveGeneration({ ...row, ...ERASED });
      table.patch(key, ERASED);
    });
  }

  /** If the disk fails here, the next start completes it. */
  async erase({ key }: GenerationRow): Promise<void> {
    const { table, persistence } = this.state;
    table.patch(key, ERASED);
    const row = table.get(key);
    await persistence.removeLog(key).catch(() => undefined);
    if (row) await persistence.saveGeneration(row).catch(() => undefined);
  }
}
