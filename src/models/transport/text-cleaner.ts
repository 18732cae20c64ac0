const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const REPLACEMENT = '\ufffd';

/**
 * Cleans pieces of text: half a character (a high surrogate) at the end of a piece waits for
 * the next one. What cannot become a character, and NUL, which not every database takes, becomes
 * U+FFFD, so that all readers and stores hold the same text.
 */
export class TextCleaner {
  private held = '';

  /** The text that is complete by now; may be empty. */
  take(piece: string): string {
    let text = this.held === '' ? piece : this.held + piece;
    this.held = '';
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.held = text.slice(-1);
      text = text.slice(0, -1);
    }
    return clean(text);
  }

  /** What was still held back when the text ended. */
  rest(): string {
    const text = clean(this.held);
    this.held = '';
    return text;
  }
}

function clean(text: string): string {
  const wellFormed = LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, REPLACEMENT) : text;
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', REPLACEMENT) : wellFormed;
}
