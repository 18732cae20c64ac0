const BACKSLASH = 0x5c;

/**
 * A long text of a JSON body, as the bytes that were received: to parse it would stop the process for
 * as long as it takes to copy it several times. It may be any text without escapes but `\/`; nothing
 * of it is checked. It has no fields that a walk through a body would find.
 */
export class LargeText {
  readonly #bytes: Buffer;
  readonly #hasEscapes: boolean;

  constructor(bytes: Buffer, hasEscapes: boolean) {
    this.#bytes = bytes;
    this.#hasEscapes = hasEscapes;
  }

  /** The text in UTF-8. */
  bytes(): Buffer {
    return this.#hasEscapes ? withoutBackslashes(this.#bytes) : this.#bytes;
  }
}

/** PHP writes each slash as `\/`. */
function withoutBackslashes(bytes: Buffer): Buffer {
  const text = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(BACKSLASH, from);
    const to = found === -1 ? bytes.length : found;
    length += bytes.copy(text, length, from, to);
    from = to + 1;
  }
  return text.subarray(0, length);
}
