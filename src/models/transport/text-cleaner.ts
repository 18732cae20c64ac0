const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const REPLACEMENT = '\ufffd';

/**
 * Cleans pieces of text: half a character (a high surrogate) at the end of a piece waits for the
 * next one. Invalid surrogates, and NUL, which not every database accepts, become U+FFFD, so that
 * all readers and stores have the same text.
 */
export class TextCleaner {
  private held = '';

  /** The complete part of the text; may be empty. */
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

  /** The rest at the end of the text. */
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
