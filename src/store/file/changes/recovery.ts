import type { RecordedChange } from '../../local/change-run.js';
import { isSameMark, type ChangeMark } from '../../rules/cursor.js';
import type { Outbox } from './outbox.js';
import type { Segments } from './segments.js';

/**
 * The changes of these outboxes that the feed does not have, in their order. An outbox counts only while
 * the feed has the change behind which it stands: else the feed is another one, or has removed what came
 * behind it.
 */
export async function missingIn(
  outboxes: readonly Outbox[],
  segments: Segments,
): Promise<RecordedChange[]> {
  const wanted = new Set(outboxes.flatMap(({ changes }) => changes.map(({ id }) => id)));
  const found = new Set<string>();
  const marks = new Map<number, ChangeMark | null>();
  for (const { behind } of outboxes) marks.set(behind.number, null);
  const first = Math.min(...marks.keys());
  const { list } = segments;
  const from = list.findLastIndex(({ before }) => before.number <= first);
  for (const segment of list.slice(Math.max(0, from))) {
    const run = await segments.read(segment);
    if (!run) continue;
    for (const number of marks.keys())
      marks.set(number, run.markAt(number) ?? marks.get(number) ?? null);
    for (const { id } of run.from(run.before.number)) if (wanted.has(id)) found.add(id);
  }
  const counting = outboxes.filter(({ behind }) =>
    isSameMark(behind, marks.get(behind.number) ?? null),
  );
  return inOrder(counting).filter(({ id }) => !found.has(id) && found.add(id));
}

/** By time; each outbox in its own order, whatever its times are. */
function inOrder(outboxes: readonly Outbox[]): RecordedChange[] {
  const placed = outboxes.flatMap(({ changes }) => {
    let time = -Infinity;
    return changes.map((change) => ({ change, time: (time = Math.max(time, change.time)) }));
  });
  return placed.sort((a, b) => a.time - b.time).map(({ change }) => change);
}
