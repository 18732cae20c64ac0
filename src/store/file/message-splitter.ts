import { constants } from 'node:buffer';
import { ByteBuffer } from '../../common/byte-buffer.js';
import { DamagedFileError } from './json-reader.js';

/** Called for each message: its JSON, and its position in the file, in bytes. */
export type OnMessage = (text: string, start: number, end: number) => void;

/** Maximum of bytes besides messages. Another program's file may have any size. */
const LARGEST_REST = 16 * 1024 * 1024;

/** In bytes: a field's name before its value, with white space. */
const LONGEST_NAME = 256;

/** Depth inside the file's object, and inside its list of messages. */
const IN_FILE = 1;
const IN_LIST = 2;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OBJECT, OBJECT_END, LIST, LIST_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Splits a conversation's file into its messages while it is read in pieces, so that each message
 * is parsed by itself. It only counts brackets outside of strings; invalid JSON is found when the
 * messages and the rest, with a `0` in place of each message, are parsed.
 */
export class MessageSplitter {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private inMessages = false;
  private message: Buffer[] | null = null;
  private messageStart = 0;
  /** A copy: a slice would hold the whole piece in memory. */
  private readonly rest = new ByteBuffer();
  /** Position of the current piece in the file. */
  private offset = 0;

  constructor(private readonly onMessage: OnMessage) {}

  /** Takes the next piece of the file, cut anywhere. */
  push(piece: Buffer): void {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      if (this.inString) at = this.skipString(piece, at);
      const byte = piece[at];
      if (byte === QUOTE) this.inString = !this.inString;
      else if (byte === OBJECT || byte === LIST) {
        if (this.begins(byte)) {
          this.collect(piece.subarray(from, at));
          from = at;
          this.open(byte, this.offset + at);
        }
        this.depth += 1;
      } else if (byte === OBJECT_END || byte === LIST_END) {
        this.depth -= 1;
        if (this.depth === IN_FILE) this.inMessages = false;
        if (!this.message || this.depth !== IN_LIST) continue;
        this.message.push(piece.subarray(from, at + 1));
        from = at + 1;
        this.close(this.offset + from);
      }
    }
    this.collect(piece.subarray(from));
    this.offset += piece.length;
  }

  /** The file with a `0` for each message. */
  end(): string {
    if (this.message) throw new DamagedFileError('a message without an end');
    return this.rest.take();
  }

  /** Place of the quotation mark that ends the string, or the end of the piece. */
  private skipString(piece: Buffer, from: number): number {
    let at = from;
    let { escaped } = this;
    for (; at < piece.length; at += 1) {
      const byte = piece[at];
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) break;
    }
    this.escaped = escaped;
    return at;
  }

  /** Whether a bracket may begin a message or the list of them. */
  private begins(byte: number): boolean {
    if (this.message) return false;
    return byte === OBJECT
      ? this.inMessages && this.depth === IN_LIST
      : this.depth === IN_FILE && !this.inMessages;
  }

  private open(byte: number, start: number): void {
    if (byte === LIST) {
      this.inMessages = /"messages"\s*:\s*$/.test(
        this.rest.view().subarray(-LONGEST_NAME).toString(),
      );
      return;
    }
    this.message = [];
    this.messageStart = start;
  }

  private close(end: number): void {
    const text = textOf(this.message ?? []);
    this.message = null;
    this.collect(Buffer.from('0'));
    this.onMessage(text, this.messageStart, end);
  }

  private collect(bytes: Buffer): void {
    if (this.message) {
      this.message.push(bytes);
      return;
    }
    this.rest.append(bytes);
    if (this.rest.length > LARGEST_REST)
      throw new DamagedFileError('not a conversation: too large');
  }
}

function textOf(pieces: Buffer[]): string {
  const bytes = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  if (bytes.length > constants.MAX_STRING_LENGTH) throw new DamagedFileError('a message too large');
  return bytes.toString();
}
