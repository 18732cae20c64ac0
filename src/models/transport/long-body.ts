import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Bytes of a request's body that go out one after the other. */
export interface LongBody {
  /** Of all together. */
  readonly bytes: number;
  /** Each attempt sends them anew. */
  pieces(): AsyncIterable<Buffer>;
}

/**
 * Long ASCII texts that stand in a body: each is replaced by its mark, so that the rest of the body is
 * written as JSON without them.
 */
export class LongTexts {
  private readonly texts: string[] = [];
  private readonly prefix = `long:${randomUUID()}:`;

  /** What stands in the place of the text. It needs no escapes in JSON, as it must not. */
  add(text: string): string {
    this.texts.push(text);
    return `${this.prefix}${this.texts.length - 1};`;
  }

  /** A body with the texts in their places. */
  body(json: string): LongBody {
    const marks = new RegExp(`${this.prefix}(\\d+);`);
    // Between two parts of the rest stands the number of a text.
    const parts = json
      .split(marks)
      .map((part, index) => (index % 2 === 0 ? Buffer.from(part) : this.textAt(Number(part))));
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    return { bytes, pieces: () => inPieces(parts) };
  }

  private textAt(index: number): string {
    return this.texts[index] ?? '';
  }
}

/** A few times what a socket takes at once. */
const PIECE = 256 * 1024;

/** Other work can be done between two pieces. */
async function* inPieces(parts: readonly (Buffer | string)[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (typeof part !== 'string') {
      yield part;
      continue;
    }
    for (let at = 0; at < part.length; at += PIECE) {
      yield Buffer.from(part.slice(at, at + PIECE), 'latin1');
      await nextTurn();
    }
  }
}
