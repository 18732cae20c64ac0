import type { HistoryView } from '../../../store/history-transfer.js';
import type { HistoryCounts } from '../../../store/idle-conversations.js';
import { audited } from '../../audited.js';
import { UsageError } from '../../command-error.js';
import type { Outcome } from '../../run-command.js';
import { countHistory } from '../count-history.js';
import type { Options } from '../options.js';
import { isThere, namedStore, nameOf, reading, writing } from '../stores.js';
import { told } from '../told.js';
import { assertWhole, contentsOfBackup } from './backup-contents.js';
import { BackupText } from './backup-text.js';
import { STANDARD } from './gzip-frame.js';
import { assertEmpty, restoreHistory } from './restore.js';
import { writeBackup } from './write-backup.js';

/** `backup FILE`: writes the whole history into a file. */
export async function backup(options: Options, file = STANDARD): Promise<Outcome> {
  const isDryRun = options['dry-run'] ?? false;
  if (file === STANDARD && options.json && !isDryRun)
    throw new UsageError('Standard output is the backup: --json has no place there');
  const named = namedStore('--from', options.from);
  if (isDryRun) {
    const counts = await reading(named, ({ transfer }) => transfer.reading(countHistory));
    return { sentence: `Would back up ${told(counts)}`, json: counts };
  }
  const write = async (view: HistoryView): Promise<HistoryCounts> => {
    const text = new BackupText(view);
    await writeBackup(file, text.parts());
    return text.counts;
  };
  const counts = await audited(
    () => reading(named, ({ transfer }) => transfer.reading(write)),
    () => ({ action: 'history.backup', owner: null, target: nameOf(named) }),
  );
  return { sentence: `Backed up ${told(counts)}`, json: counts };
}

/** `restore FILE`: fills an empty store from such a file. */
export async function restore(options: Options, file = STANDARD): Promise<Outcome> {
  const named = namedStore('--to', options.to);
  if (options['dry-run']) {
    const { conversations, messages } = await contentsOfBackup(file);
    if (isThere(named)) await writing(named, assertEmpty, true);
    const counts = { conversations, messages };
    return { sentence: `Would restore ${told(counts)}`, json: counts };
  }
  // Before the store is touched.
  await assertWhole(file);
  const counts = await audited(
    () => writing(named, (store) => restoreHistory(store, file), true),
    () => ({ action: 'history.restore', owner: null, target: nameOf(named) }),
  );
  return { sentence: `Restored ${told(counts)}`, json: counts };
}
