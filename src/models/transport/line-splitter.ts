import { ByteBuffer } from '../../common/byte-buffer.js';
import { unusable } from './server-failure.js';

const NEWLINE = 0x0a;
/**
 * Twice the limit of a whole answer. A line is parsed at once: a longer one would block other
 * requests.
 */
const DEFAULT_MAX_BYTES = 2 * 1024 * 1024;

/** Limits against a flood: pieces of one line, and consecutive blank lines. */
const MOST_PIECES = 10_000;
const MOST_BLANK_LINES = 10_000;

/**
 * Cuts bytes into lines before they are decoded, so that a character split over two network chunks
 * stays whole. Calls `onLine` at once for each line that is not blank.
 *
 * @throws ServerFailure `unusable` when a line grows beyond `maxBytes`, comes in too many pieces, or
 * too many blank lines come in a row.
 */
export class LineSplitter {
  private readonly held = new ByteBuffer();
  private pieces = 0;
  private blankLines = 0;

  constructor(
    private readonly onLine: (text: string) => void,
    private readonly maxBytes = DEFAULT_MAX_BYTES,
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    let end = chunk.indexOf(NEWLINE);
    while (end !== -1) {
      this.emit(
        this.held.length === 0 ? chunk.toString('utf8', start, end) : this.join(chunk, end),
      );
      start = end + 1;
      end = chunk.indexOf(NEWLINE, start);
    }
    if (start < chunk.length) this.hold(start === 0 ? chunk : chunk.subarray(start));
  }

  /** The source has ended: a last line may lack its newline. */
  end(): void {
    if (this.held.length > 0) this.emit(this.held.take());
  }

  private hold(rest: Buffer): void {
    if (this.held.length + rest.length > this.maxBytes) throw unusable('A line is too long');
    this.pieces = this.held.length === 0 ? 1 : this.pieces + 1;
    if (this.pieces > MOST_PIECES) throw unusable('A line comes in too many pieces');
    this.held.append(rest);
  }

  private join(chunk: Buffer, end: number): string {
    this.hold(chunk.subarray(0, end));
    return this.held.take();
  }

  private emit(text: string): void {
    if (text !== '' && text !== '\r') {
      this.blankLines = 0;
      this.onLine(text);
      return;
    }
    this.blankLines += 1;
    if (this.blankLines > MOST_BLANK_LINES) throw unusable('There are too many blank lines');
  }
}
