import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_SIZE = 46;
const LOCAL_HEADER_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Copies one file out of a zip archive (a wheel is one), as a stream. Archives over 4 GB are not
 * understood; the caller checks what came out.
 *
 * @param {string} archive
 * @param {string} name Path inside the archive.
 * @param {string} target
 */
export async function extractEntry(archive, name, target) {
  const file = await open(archive);
  try {
    const entry = (await entries(file)).find((candidate) => candidate.name === name);
    if (entry === undefined) throw new Error(`the archive holds no ${name}`);
    const start = entry.offset + (await localHeaderSize(file, entry.offset));
    const end = start + entry.compressedSize - 1;
    await pipeline(
      file.createReadStream({ start, end, autoClose: false, highWaterMark: 1 << 20 }),
      decoder(entry.method),
      createWriteStream(target, { flush: true }),
    );
  } finally {
    await file.close();
  }
}

/** @param {number} method */
function decoder(method) {
  if (method === STORED) return new PassThrough();
  if (method === DEFLATED) return createInflateRaw();
  throw new Error('the archive is compressed in an unknown way');
}

/** @param {import('node:fs/promises').FileHandle} file */
async function entries(file) {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - END_SIZE - LONGEST_COMMENT), size);
  const end = tail.lastIndexOf(littleEndian(END_SIGNATURE));
  if (end < 0) throw new Error('the file is not a zip archive');
  const start = tail.readUInt32LE(end + 16);
  const directory = await read(file, start, start + tail.readUInt32LE(end + 12));
  const found = [];
  for (let at = 0; at + ENTRY_SIZE <= directory.length;) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) break;
    const nameEnd = at + ENTRY_SIZE + directory.readUInt16LE(at + 28);
    found.push({
      name: directory.toString('utf8', at + ENTRY_SIZE, nameEnd),
      method: directory.readUInt16LE(at + 10),
      compressedSize: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return found;
}

/**
 * The header before the data repeats the name and may have extra fields of its own.
 *
 * @param {import('node:fs/promises').FileHandle} file
 * @param {number} offset
 */
async function localHeaderSize(file, offset) {
  const header = await read(file, offset, offset + LOCAL_HEADER_SIZE);
  return LOCAL_HEADER_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {number} start
 * @param {number} end
 */
async function read(file, start, end) {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

/** @param {number} value */
function littleEndian(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
