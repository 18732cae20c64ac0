import type { Piece } from '../domain/parts.js';
import type { Answer } from './answer.js';
import type { TerminalEvent } from './events.js';
import type { PhaseState } from './phases.js';

/**
 * A format in which an answer can be streamed. What it writes depends on the answer alone, so that
 * every process writes the same bytes for it, and all readers of one format share what is encoded.
 */
export interface StreamFormat {
  /**
   * Headers of the response. Node sets `Connection`: a client that requested `close` gets `close`.
   */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * What is sent after a silence, for proxies that close silent connections; null: nothing. Where a
   * format does not write the numbers of events, clients count them: this must not look like one.
   */
  readonly keepAlive: string | null;
  /**
   * What stands before the first event, for a reader from the beginning: it is sent with the headers. Left
   * out: nothing.
   */
  opening?(answer: Answer): string;
  encoder(answer: Answer): EventEncoder;
  /** What says in which phase a generation is: no event, so without a number. */
  phase(state: PhaseState): string;
}

/**
 * Encodes the events of one answer as text, each event whole. It may hold state (counters, say),
 * but must encode any event at any time: readers at different events use the same encoder.
 *
 * @param seq - number of the event, from 1; a client may resume after it
 */
export interface EventEncoder {
  piece(piece: Piece, seq: number): string;
  /** The last event, `done` or `error`, followed by the end of a stream in this format. */
  end(event: TerminalEvent, seq: number): string;
}
