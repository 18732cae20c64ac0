import { charactersOf } from '../../domain/parts.js';
import type { EventLog } from './event-log.js';

/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES_A_CHARACTER = 3;
/** A model that does not stop at `max_tokens` is stopped a little above it. */
const MARGIN = 1.1;
const MARGIN_TOKENS = 16;

/**
 * Ends an answer that its model does not end: at a number of bytes, or a little above its
 * `max_tokens`.
 */
export class AnswerBounds {
  private readonly mostTokens: number;
  /** Bytes of the log in UTF-8; counted only when the limit may be near. */
  private bytes: number | null = null;

  constructor(
    private readonly log: EventLog,
    private readonly limits: { maxBytes: number; maxTokens: number },
  ) {
    this.mostTokens = Math.ceil(limits.maxTokens * MARGIN) + MARGIN_TOKENS;
  }

  /** A piece of text or thinking, or the part of it that still fits. */
  fitting(token: string): string {
    const { log } = this;
    if (log.tokenCount >= this.mostTokens) return '';
    const mostBytes = (log.characters + token.length) * MOST_BYTES_A_CHARACTER;
    return mostBytes <= this.limits.maxBytes ? token : this.cut(token);
  }

  private cut(token: string): string {
    this.bytes ??= Buffer.byteLength(this.log.piecesAfter(0).map(charactersOf).join(''));
    const room = this.limits.maxBytes - this.bytes;
    const bytes = Buffer.from(token);
    const fitting = bytes.length <= room ? token : wholeCharacters(bytes.subarray(0, room));
    this.bytes += Buffer.byteLength(fitting);
    return fitting;
  }
}

/** Without the character that the bytes end in the middle of. */
function wholeCharacters(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
