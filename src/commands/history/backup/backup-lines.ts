import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { systemCode } from '../../../common/errors/system-code.js';
import { CommandError } from '../../command-error.js';
import { damaged, GzipFrame, STANDARD } from './gzip-frame.js';
import { VERSION, type BackupLine } from './lines.js';

const LINE_FEED = 0x0a;
/** More than any message has: what is longer is no line of ours. */
const LONGEST_LINE = 256 * 1024 * 1024;

type EndLine = Extract<BackupLine, { kind: 'end' }>;

/**
 * The lines of a backup up to its end, which is checked: whoever has read them all has read what was
 * written. Until then they may be those of a torn or changed file, which the last call tells.
 */
export async function* readLines(file: string): AsyncGenerator<BackupLine> {
  const hash = createHash('sha256');
  let end: EndLine | null = null;
  let isFirst = true;
  for await (const text of linesOf(file)) {
    const line = parsed(text);
    if (end || (line.kind === 'history') !== isFirst) throw damaged();
    if (line.kind === 'history') assertVersion(line.version);
    isFirst = false;
    if (line.kind === 'end') end = line;
    else hash.update(text);
    yield line;
  }
  if (end?.sha256 !== hash.digest('hex')) throw damaged();
}

function assertVersion(version: unknown): void {
  if (typeof version !== 'number') throw damaged();
  if (version > VERSION)
    throw new CommandError('The backup was made by a later release; use that one, or a newer one');
}

function parsed(text: Buffer): BackupLine {
  try {
    const value: unknown = JSON.parse(text.toString());
    if (isLine(value)) return value;
  } catch {
    // The file is told to be damaged.
  }
  throw damaged();
}

/** What else a line has is what was written: the file's digest is checked. */
function isLine(value: unknown): value is BackupLine {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
  );
}

/** With their line feeds. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of contentOf(file)) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      const rest = chunk.subarray(from, at + 1);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      length = 0;
      from = at + 1;
    }
    if (from === chunk.length) continue;
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST_LINE) throw damaged();
  }
  if (length > 0) throw damaged();
}

async function* contentOf(file: string): AsyncGenerator<Buffer> {
  const frame = new GzipFrame();
  const input: Readable = file === STANDARD ? process.stdin : createReadStream(file);
  // Whoever iterates gets the failure of any part.
  const content = pipeline(Readable.from(frame.pass(input)), createGunzip(), () => undefined);
  let length = 0;
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      length += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw readFailure(error);
  }
  frame.assertEnded(length);
}

function readFailure(error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  if (code.startsWith('Z_')) return damaged();
  return new CommandError(`The backup cannot be read (${code})`, { cause: error });
}
