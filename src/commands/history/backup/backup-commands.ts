import { UsageError } from '../../command-error.js';
import type { Outcome } from '../../run-command.js';
import { countHistory } from '../count-history.js';
import type { Options } from '../options.js';
import { isThere, namedStore, reading, writing } from '../stores.js';
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
  const counts = await reading(namedStore('--from', options.from), ({ transfer }) =>
    transfer.reading(async (view) => {
      if (isDryRun) return countHistory(view);
      const text = new BackupText(view);
      await writeBackup(file, text.parts());
      return text.counts;
    }),
  );
  return { sentence: `${isDryRun ? 'Would back up' : 'Backed up'} ${told(counts)}`, json: counts };
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
  const counts = await writing(named, (store) => restoreHistory(store, file), true);
  return { sentence: `Restored ${told(counts)}`, json: counts };
}
