import type { Message } from '../../domain/conversation.js';

/** A message at its place in the order of its conversation. */
export interface PlacedMessage<M extends Message = Message> {
  seq: number;
  message: M;
}

const FIRST_PAGE = 32;
const LARGEST_PAGE = 500;
/** Text that a page is to have, in UTF-16 units. */
const PAGE_LENGTH = 256 * 1024;

/**
 * The messages from place `first` to place `last`, page by page. A page has about as much text as the
 * others: long messages come few at a time.
 *
 * @param read - the first `limit` messages from a place on, up to `last`, in order
 */
export async function* pagesBetween<M extends Message>(
  first: number,
  last: number,
  read: (from: number, limit: number) => Promise<PlacedMessage<M>[]>,
): AsyncGenerator<M[]> {
  let limit = FIRST_PAGE;
  for (let from = first; from <= last;) {
    const page = await read(from, limit);
    const end = page.at(-1);
    if (!end) return;
    yield page.map(({ message }) => message);
    from = end.seq + 1;
    limit = nextLimit(page);
  }
}

function nextLimit(page: readonly PlacedMessage[]): number {
  const length = page.reduce((sum, { message }) => sum + message.content.length, 0);
  const average = Math.max(1, length / page.length);
  return Math.min(LARGEST_PAGE, Math.max(1, Math.round(PAGE_LENGTH / average)));
}
