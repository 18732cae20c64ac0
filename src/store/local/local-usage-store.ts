import type { TakenTokens, UsageItem, UsageSubject, UtcDay } from '../../domain/token-usage.js';
import { UsageStore, type DayRange } from '../usage-store.js';
import type { GenerationRow } from './generation-row.js';
import type { LocalState } from './local-state.js';

/** The usage of a store of one process: read from memory, saved before what it was counted from goes. */
export class LocalUsageStore extends UsageStore {
  constructor(private readonly state: LocalState) {
    super();
  }

  async read(ownerId: string | null, days: DayRange): Promise<UsageItem[]> {
    return this.state.usage.read(ownerId, days);
  }

  async taken(subject: UsageSubject, day: UtcDay): Promise<TakenTokens> {
    return this.state.taken(subject, day);
  }

  async removeBefore(day: UtcDay): Promise<void> {
    await this.remove((item) => item.day < day);
  }

  async eraseOwner(ownerId: string): Promise<void> {
    await this.forgetSpent((row) => row.ownerId === ownerId);
    await this.remove((item) => item.ownerId === ownerId);
  }

  async all(): Promise<UsageItem[]> {
    return this.state.usage.all();
  }

  async replaceAll(items: readonly UsageItem[]): Promise<void> {
    await this.forgetSpent(() => true);
    await this.remove(() => true);
    for (const item of items) this.state.usage.add(item);
    for (const day of new Set(items.map((item) => item.day))) await this.state.saveUsage(day);
  }

  private async remove(matches: (item: UsageItem) => boolean): Promise<void> {
    for (const day of this.state.usage.remove(matches)) await this.state.saveUsage(day);
  }

  /** So that the next start does not count it again. */
  private async forgetSpent(matches: (row: GenerationRow) => boolean): Promise<void> {
    const { table, persistence } = this.state;
    for (const row of table.allEnded()) {
      if (row.spent === null || !matches(row)) continue;
      table.patch(row.key, { spent: null });
      await persistence.saveGeneration({ ...(table.get(row.key) ?? row), spent: null });
    }
  }
}
