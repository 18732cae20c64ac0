import type { GenerationRecord } from '../domain/generation.js';
import { piecesOf, type Piece } from '../domain/parts.js';
import { idsOf, terminalEventOf, type GenerationIds } from './events.js';
import { NO_PHASES, type Phases } from './phases.js';
import { EventLog } from './live/event-log.js';
import type { LiveGeneration } from './live/live-generation.js';

/** A generation for its readers: it runs here, runs in another worker, or has ended. */
export interface Answer extends GenerationIds {
  model: string;
  /** When it was asked for, epoch milliseconds. */
  createdAt: number;
  /** As in `GenerationRecord`. */
  echo: string | null;
  log: EventLog;
  /**
   * If it runs in another worker, the log here lags a moment behind: an unknown number may still
   * arrive.
   */
  running: 'here' | 'elsewhere' | 'no';
  /** Set if the log was removed and each part is one event: the number of the original events. */
  condensed?: { tokens: number };
  phases: Phases;
  /**
   * Adds a reader; call the returned function once when it disconnects.
   *
   * @param cut ends its connection, where the model of a test says so
   */
  enter(cut?: () => void): () => void;
  /** How long the model thought, in milliseconds; null where it did not, or where that is not known. */
  thinkingMs(): number | null;
  /** When it ended, epoch milliseconds; null while it runs. */
  finishedAt(): number | null;
}

/** What of an answer its record has from the claim on. */
export function factsOf(
  record: Parameters<typeof idsOf>[0] & Pick<GenerationRecord, 'model' | 'createdAt' | 'echo'>,
): GenerationIds & Pick<Answer, 'model' | 'createdAt' | 'echo'> {
  const { model, createdAt, echo } = record;
  return { model, createdAt, echo, ...idsOf(record) };
}

export function liveAnswer(live: LiveGeneration): Answer {
  // What is spread comes last (docs/adr/0014-hidden-classes.md).
  return {
    log: live.log,
    running: 'here',
    phases: live.phases,
    enter: (cut) => live.readers.enter(cut),
    thinkingMs: () => live.thinkingMs(),
    finishedAt: () => live.end?.finishedAt ?? null,
    ...factsOf(live.record),
  };
}

/** An ended generation: its events, or one event for each part if the log was removed. */
export function endedAnswer(record: GenerationRecord, pieces: Piece[]): Answer {
  const log = new EventLog();
  const parts = pieces.length === 0 ? piecesOf(record) : [];
  for (const piece of [...pieces, ...parts]) log.append(piece);
  const terminal = terminalEventOf(record);
  if (terminal) log.close(terminal);
  return {
    log,
    running: 'no',
    phases: NO_PHASES,
    ...(parts.length > 0 && record.seq > parts.length && { condensed: { tokens: record.seq } }),
    enter: () => () => undefined,
    thinkingMs: () => record.parts?.thinkingMs ?? null,
    finishedAt: () => record.finishedAt,
    ...factsOf(record),
  };
}
