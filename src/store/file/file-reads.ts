import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** Changes with a file's content. */
export function stampOf({ ino, mtimeMs, size }: Stats): string {
  return `${ino}-${mtimeMs}-${size}`;
}

/** Bytes of a file, with what the whole file was when they were read. */
export interface FilePart {
  bytes: Buffer;
  stamp: string;
  size: number;
}

/** The bytes from `start` up to `end`, as far as the file has them. */
export async function readPart(path: string, start: number, end: number): Promise<FilePart> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat();
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, stats.size) - start));
    let done = 0;
    for (let read = 1; read > 0 && done < bytes.length; done += read)
      read = (await handle.read(bytes, done, bytes.length - done, start + done)).bytesRead;
    return { bytes: bytes.subarray(0, done), stamp: stampOf(stats), size: stats.size };
  } finally {
    await handle.close();
  }
}
