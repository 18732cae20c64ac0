import type { GenerationRecord } from '../domain/generation.js';
import { terminalEventOf, type GenerationIds } from './events.js';
import { EventLog } from './live/event-log.js';
import type { LiveGeneration } from './live/live-generation.js';

/** A generation for its readers: it runs here, runs in another worker, or has ended. */
export interface Answer extends GenerationIds {
  model: string;
  log: EventLog;
  /**
   * If it runs in another worker, the log here lags a moment behind: an unknown number may still
   * arrive.
   */
  running: 'here' | 'elsewhere' | 'no';
  /** Set if the log was removed and the whole text is one token: the number of its tokens. */
  condensed?: { tokens: number };
  /** Adds a reader; call the returned function once when it disconnects. */
  enter(): () => void;
  /** When it ended, epoch milliseconds; null while it runs. */
  finishedAt(): number | null;
}

export function liveAnswer(live: LiveGeneration): Answer {
  const { id, conversationId, messageId, model } = live.record;
  return {
    generationId: id,
    conversationId,
    messageId,
    model,
    log: live.log,
    running: 'here',
    enter: () => live.readers.enter(),
    finishedAt: () => live.end?.finishedAt ?? null,
  };
}

/** An ended generation: its tokens, or its whole text as one token if the log was removed. */
export function endedAnswer(record: GenerationRecord, tokens: string[]): Answer {
  const log = new EventLog();
  const condensed = tokens.length === 0 && record.response !== '';
  const texts = condensed ? [record.response] : tokens;
  for (const text of texts) log.append(text);
  const terminal = terminalEventOf(record);
  if (terminal) log.close(terminal);
  return {
    generationId: record.id,
    conversationId: record.conversationId,
    messageId: record.messageId,
    model: record.model,
    log,
    running: 'no',
    ...(condensed && record.seq > 1 && { condensed: { tokens: record.seq } }),
    enter: () => () => undefined,
    finishedAt: () => record.finishedAt,
  };
}
