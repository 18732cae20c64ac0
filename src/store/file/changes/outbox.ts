import type { RecordedChange } from '../../local/change-run.js';
import type { ChangeMark } from '../../rules/cursor.js';

/**
 * The changes of a conversation as they stand in the file that was written with them: the last ones, and
 * those before that might not be on the disk in the feed's own files yet. After a crash the start adds
 * what is missing there.
 */
export interface Outbox {
  /** A change that was on the disk in the feed's own files before: these ones come behind it. */
  readonly behind: ChangeMark;
  readonly changes: readonly RecordedChange[];
}

/** An outbox before it is written. */
export interface NewOutbox extends Outbox {
  /** Those of its changes that come with the write. */
  readonly added: readonly RecordedChange[];
}
