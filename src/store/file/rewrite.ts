import { readPart } from './file-reads.js';

/** A file's new content: texts, and bytes of the file that it replaces. */
export interface Rewrite {
  /** Stamp of the intended file: the bytes of another file are not copied. */
  stamp: string;
  parts: readonly (string | FileRange)[] | AsyncIterable<string>;
}

export interface FileRange {
  start: number;
  end: number;
}

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
  const { parts } = content;
  if (!('reduce' in parts)) return true;
  const length = (part: string | FileRange) =>
    typeof part === 'string' ? part.length : part.end - part.start;
  return parts.reduce((sum, part) => sum + length(part), 0) > LONG;
}

/**
 * The bytes of a rewrite, in blocks, one where it is short. Fails if the file has another stamp.
 */
export async function* bytesOf(path: string, { stamp, parts }: Rewrite): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let length = 0;
  for await (const part of parts)
    for (const read of piecesOf(path, part)) {
      const bytes = Buffer.isBuffer(read) ? read : await read(stamp);
      pending.push(bytes);
      length += bytes.length;
      if (length < BLOCK) continue;
      yield* pending;
      pending = [];
      length = 0;
    }
  if (length > 0) yield Buffer.concat(pending);
}

/** Its bytes, or how they are read, block by block. */
function* piecesOf(
  path: string,
  part: string | FileRange,
): Generator<Buffer | ((stamp: string) => Promise<Buffer>)> {
  if (typeof part === 'string') yield Buffer.from(part);
  else
    for (let at = part.start; at < part.end; at += BLOCK)
      yield (stamp) => readBlock(path, at, Math.min(at + BLOCK, part.end), stamp);
}

async function readBlock(path: string, start: number, end: number, stamp: string): Promise<Buffer> {
  const part = await readPart(path, start, end);
  if (part.stamp !== stamp) throw new Error('Another program changed the file');
  return part.bytes;
}
