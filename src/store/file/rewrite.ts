import { readPart } from './file-reads.js';

/** A file's new content: a text, bytes of the file that it replaces, another text. */
export interface Rewrite {
  head: string;
  copied: FileRange | null;
  tail: string;
}

export interface FileRange {
  /** Stamp of the intended file: the bytes of another file are not copied. */
  stamp: string;
  start: number;
  end: number;
}

const NOTHING: FileRange = { stamp: '', start: 0, end: 0 };
const BLOCK = 1024 * 1024;
/** Whether the write takes long. */
const LONG = 4 * BLOCK;

/** Content that is made piece by piece. */
export interface Pieces {
  readonly bytes: number;
  pieces(): Iterable<Buffer>;
}

export type Content = string | Pieces | Rewrite;

export function isLong(content: Content): boolean {
  if (typeof content === 'string') return content.length > LONG;
  if ('pieces' in content) return content.bytes > LONG;
  const { head, copied, tail } = content;
  const range = copied ? copied.end - copied.start : 0;
  return head.length + range + tail.length > LONG;
}

/**
 * The bytes of a rewrite, in blocks, one where it is short. Fails if the file has another stamp.
 */
export async function* bytesOf(
  path: string,
  { head, copied, tail }: Rewrite,
): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [Buffer.from(head)];
  const { stamp, start, end } = copied ?? NOTHING;
  for (let at = start; at < end; at += BLOCK) {
    const part = await readPart(path, at, Math.min(at + BLOCK, end));
    if (part.stamp !== stamp) throw new Error('Another program changed the file');
    pending.push(part.bytes);
    if (at + BLOCK >= end) break;
    yield* pending;
    pending = [];
  }
  yield Buffer.concat([...pending, Buffer.from(tail)]);
}
