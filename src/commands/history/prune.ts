import { loadSettings } from '../../config/load-settings.js';
import type { HistoryCounts } from '../../store/idle-conversations.js';
import { audited } from '../audited.js';
import { UsageError } from '../command-error.js';
import type { Outcome } from '../run-command.js';
import { changing, nameOf, reading, type NamedStore } from './stores.js';
import { plural, told } from './told.js';

const DAY_MS = 24 * 60 * 60_000;

/** What is removed is not updated for so long. */
interface Pruning {
  /** As it was written; left out: `HISTORY_RETENTION_DAYS`. */
  days: string | undefined;
  isDryRun: boolean;
}

/** Does once what `HISTORY_RETENTION_DAYS` does every hour. */
export async function prune(named: NamedStore, { days, isDryRun }: Pruning): Promise<Outcome> {
  const count = days === undefined ? loadSettings().settings.history.retentionDays : inDays(days);
  if (count === 0)
    return {
      sentence: 'Nothing is removed: 0 days mean that conversations are kept for ever',
      json: { conversations: 0, messages: 0 } satisfies HistoryCounts,
    };
  const before = Date.now() - count * DAY_MS;
  const counts = isDryRun
    ? await reading(named, ({ idle }) => idle.count(before))
    : await audited(
        () => changing(named, ({ idle }) => idle.removeAll(before)),
        () => ({ action: 'history.prune', owner: null, target: nameOf(named) }),
      );
  const verb = isDryRun ? 'Would remove' : 'Removed';
  return {
    sentence: `${verb} ${told(counts)}, not updated for ${plural(count, 'day')}`,
    json: counts,
  };
}

function inDays(written: string): number {
  if (!/^\d{1,5}$/.test(written)) throw new UsageError('--days: expected a whole number of days');
  return Number(written);
}
