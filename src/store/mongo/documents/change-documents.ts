import { randomUUID } from 'node:crypto';
import type { ChangedName, ChangeEvent } from '../../../domain/change.js';
import type { FeedEntry } from '../../change-feed.js';
import { cursorOf, markOf } from '../../rules/cursor.js';

/** A change in the document that it changed, written in the same update; without its number. */
export interface RecordedChange {
  /** Unique over all changes. */
  id: string;
  /**
   * When it was written, in epoch milliseconds with a fraction; later than all before it in this
   * process. Changes of different conversations are ordered by it.
   */
  at: number;
  /** By how much the revision rose with it. */
  raises: 0 | 1;
  /** As in `Change`. */
  time: number;
  /** Null: not in the feed; it only says that the revision rose. */
  event: ChangeEvent | null;
}

/** A change with its number. They have no gaps: of two writers of one number the first one succeeds. */
export interface ChangeDocument {
  /** The number. Number 0 is no change, but the life of the store; it is never removed. */
  _id: number;
  /** Unique, so that a change is numbered once. */
  id: string;
  /** Empty where nothing but number and id is left of it. */
  ownerId: string;
  conversationId: string;
  revision: number;
  time: number;
  event: ChangeEvent | null;
  /** Of number 0: the changes up to this number are being removed, but for the id of the last one. */
  removed?: number;
}

/** Of a removed change whose number and id stay. */
export const REMOVED = {
  ownerId: '',
  conversationId: '',
  revision: 0,
  event: null,
} as const satisfies Partial<ChangeDocument>;

/** The life of the store, for cursors before the first change. */
export function beginning(): ChangeDocument {
  return { _id: 0, id: randomUUID(), ...REMOVED, time: 0, removed: 0 };
}

/** The changes of one write, of which the first one raises the revision. */
export function recordedChanges(
  events: readonly (readonly [time: number, event: ChangeEvent])[],
): RecordedChange[] {
  return events.map(([time, event], index) => recordedChange(event, time, index === 0 ? 1 : 0));
}

export function recordedChange(
  event: ChangeEvent | null,
  time: number,
  raises: RecordedChange['raises'],
): RecordedChange {
  return { id: randomUUID(), at: nextMoment(), raises, time, event };
}

/** The change of an update. If it names nothing, only the revision rises. */
export function recordedNames(changed: readonly ChangedName[], time: number): RecordedChange {
  const event = changed.length > 0 ? ({ type: 'conversation.changed', changed } as const) : null;
  return recordedChange(event, time, 1);
}

let moment = 0;

function nextMoment(): number {
  // A double holds epoch milliseconds with three decimal places.
  moment = Math.max(Date.now(), moment + 0.001);
  return moment;
}

/** Null for what is not in the feed. */
export function toEntry({
  _id,
  id,
  ownerId,
  conversationId,
  revision,
  time,
  event,
}: ChangeDocument): FeedEntry | null {
  if (!event) return null;
  const cursor = cursorOf(markOf(_id, id));
  return { ownerId, conversationId, revision, time, event, cursor };
}
