import { createHash } from 'node:crypto';
import { invalidField } from '../common/errors/app-error.js';
import type { ListFilter, ListPlace } from '../store/conversation-store.js';

/** Where the next page of a walk begins. */
export interface ListCursor extends ListPlace {
  /** As in `ListRequest`. */
  until: number | null;
}

const VERSION = 1;

/** A cursor as clients get it: it belongs to its filters, sort and order. */
export function encodeCursor({ time, id, until }: ListCursor, filter: ListFilter): string {
  const json = JSON.stringify([VERSION, time, id, until]);
  return Buffer.from(`${checkOf(json, filter)}${json}`).toString('base64url');
}

/** Throws `validation` for a cursor of another list, and for what is none. */
export function decodeCursor(cursor: string, filter: ListFilter): ListCursor {
  const text = Buffer.from(cursor, 'base64url').toString();
  const json = text.slice(CHECK_LENGTH);
  // What has the right check was written here.
  if (text.slice(0, CHECK_LENGTH) === checkOf(json, filter)) {
    const [version, time, id, until] = JSON.parse(json) as [number, number, string, number | null];
    if (version === VERSION) return { time, id, until };
  }
  throw invalidField({
    field: 'cursor',
    message: 'must be the next_cursor of a page with the same filters, sort and order',
  });
}

const CHECK_LENGTH = 16;

function checkOf(json: string, { archived, pinned, tag, sort, order }: ListFilter): string {
  const all = JSON.stringify([json, archived, pinned, tag, sort, order]);
  return createHash('sha256').update(all).digest('hex').slice(0, CHECK_LENGTH);
}
