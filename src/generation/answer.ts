import type { GenerationRecord } from '../domain/generation.js';
import { terminalEventOf, type GenerationIds } from './events.js';
import { EventLog } from './live/event-log.js';
import type { LiveGeneration } from './live/live-generation.js';

/** A generation as its readers see it: running here, running elsewhere, or ended. */
export interface Answer extends GenerationIds {
  model: string;
  log: EventLog;
  /** Elsewhere, the log here follows by a moment: a number that is not there yet may still come. */
  running: 'here' | 'elsewhere' | 'no';
  /** Set where the log is gone and the whole text stands as one token: how many there were. */
  condensed?: { tokens: number };
  /** Counts a reader in; call the returned function once when it leaves. */
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

/** An ended generation: its tokens as they were, or its whole text as one where the log is gone. */
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
