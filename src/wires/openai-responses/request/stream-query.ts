import { refused, type Fields } from '../../given-fields.js';

/** How a client reads a response. */
export interface StreamQuery {
  stream: boolean;
  /** The sequence number of its last event; null: it has none. */
  startingAfter: number | null;
}

/** Reads `stream` and `starting_after` of a query; the latter only of a stream. Throws `validation`. */
export function readStreamQuery({ stream = 'false', starting_after: after }: Fields): StreamQuery {
  if (stream !== 'true' && stream !== 'false') throw refused('stream', 'must be true or false');
  if (stream === 'false' || after === undefined)
    return { stream: stream === 'true', startingAfter: null };
  if (typeof after !== 'string' || !/^[0-9]{1,15}$/.test(after))
    throw refused('starting_after', 'must be the sequence number of an event');
  return { stream: true, startingAfter: Number(after) };
}
