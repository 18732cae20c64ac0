import type { AppError } from '../../../common/errors/app-error.js';
import { refused, type Fields } from '../../given-fields.js';
import type { Item } from './item-types.js';

/** Which page of a list of items a client asks for. */
export interface ItemPageRequest {
  limit: number;
  /** The item behind which the page begins, in the order asked for; null: at the beginning. */
  after: string | null;
  order: 'asc' | 'desc';
}

/** A list as OpenAI's clients read it. */
export interface ItemList {
  object: 'list';
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

const MOST = 100;
const DEFAULT_LIMIT = 20;

/** Reads `limit`, `after`, `order` of a query. Throws `validation`. */
export function readPageRequest({ limit, after, order = 'desc' }: Fields): ItemPageRequest {
  if (order !== 'asc' && order !== 'desc') throw refused('order', 'must be asc or desc');
  if (after !== undefined && typeof after !== 'string')
    throw refused('after', 'must be the id of an item');
  return { limit: readLimit(limit), after: after ?? null, order };
}

function readLimit(limit: unknown): number {
  if (limit === undefined) return DEFAULT_LIMIT;
  const number = typeof limit === 'string' && /^[0-9]{1,3}$/.test(limit) ? Number(limit) : 0;
  if (number >= 1 && number <= MOST) return number;
  throw refused('limit', `must be a whole number from 1 to ${String(MOST)}`);
}

/** A page of items that are in memory, given oldest first. Throws `validation` for an unknown `after`. */
export function itemPage(items: readonly Item[], request: ItemPageRequest): ItemList {
  const ordered = request.order === 'asc' ? items : items.toReversed();
  const at = request.after === null ? -1 : ordered.findIndex(({ id }) => id === request.after);
  if (request.after !== null && at === -1) throw unknownAfter();
  const rest = ordered.slice(at + 1);
  return listOf(rest.slice(0, request.limit), rest.length > request.limit);
}

export function listOf(data: readonly Item[], hasMore: boolean): ItemList {
  return {
    object: 'list',
    data: [...data],
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

/** `after` names no item of the list. */
export function unknownAfter(): AppError {
  return refused('after', 'must be the id of an item of this list');
}
