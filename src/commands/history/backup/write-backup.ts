import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AppError } from '../../../common/errors/app-error.js';
import { systemCode } from '../../../common/errors/system-code.js';
import { PRIVATE_FILE } from '../../../common/private-files.js';
import { CommandError } from '../../command-error.js';
import { HEADER, STANDARD } from './gzip-frame.js';

/** Of a backup that is not whole yet. */
const UNFINISHED = '.part';

/**
 * Writes a backup, beside its file at first: whoever finds the file finds all of it. `-` is standard
 * output. Failures of the parts come out as they are.
 */
export async function writeBackup(file: string, parts: AsyncIterable<string>): Promise<void> {
  const own: unknown[] = [];
  try {
    if (file === STANDARD) await pipeline(...zipped(parts, own), process.stdout, { end: false });
    else await writeBeside(file, (write) => pipeline(...zipped(parts, own), write));
  } catch (error) {
    if (own.length > 0) throw own[0];
    throw notWritten(error);
  }
}

type Sink = (chunks: AsyncIterable<Buffer>) => Promise<void>;

async function writeBeside(file: string, writeAll: (write: Sink) => Promise<void>): Promise<void> {
  // A device would be gone: what takes its place is a file.
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false)
    throw new CommandError('The backup cannot be written: something else than a file has its name');
  const unfinished = `${file}.${randomUUID()}${UNFINISHED}`;
  const handle = await open(unfinished, 'wx', PRIVATE_FILE);
  try {
    try {
      await writeAll(async (chunks) => {
        for await (const chunk of chunks) await handle.writeFile(chunk);
      });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  if (process.platform === 'win32') return;
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

function zipped(parts: AsyncIterable<string>, own: unknown[]) {
  return [
    Readable.from(noting(parts, own), { objectMode: false }),
    createGzip(),
    header(),
  ] as const;
}

/** A failure of what is written is not one of writing. */
async function* noting(parts: AsyncIterable<string>, own: unknown[]): AsyncGenerator<string> {
  try {
    yield* parts;
  } catch (error) {
    own.push(error);
    throw error;
  }
}

/** What zlib begins with depends on the system that it runs on. */
function header(): Transform {
  let left = HEADER.length;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const skipped = Math.min(left, chunk.length);
      if (left === HEADER.length) this.push(HEADER);
      left -= skipped;
      done(null, chunk.subarray(skipped));
    },
  });
}

function notWritten(error: unknown): Error {
  if (error instanceof AppError || error instanceof CommandError) return error;
  return new CommandError(`The backup cannot be written (${systemCode(error) ?? 'unknown'})`, {
    cause: error,
  });
}
