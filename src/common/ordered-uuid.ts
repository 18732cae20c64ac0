import { randomFillSync } from 'node:crypto';

const random = Buffer.alloc(16 * 256);
let used = random.length;
let lastMs = 0;
let lastCount = 0;

/** Of 12 bits, so that a millisecond has room for as many again. */
const FIRST_COUNTS = 2 ** 11;
const COUNTS = 2 ** 12;

/**
 * A UUID of version 7: its first 48 bits are the time in milliseconds, the next ones count within a
 * millisecond, 62 are random. Those of one process are in the order in which they are made, so that rows
 * with such a key are written side by side in an index. It tells when it was made, and is no secret.
 */
export function orderedUuid(now = Date.now()): string {
  const bytes = nextRandom();
  if (now > lastMs) {
    lastMs = now;
    lastCount = bytes.readUInt16BE(6) % FIRST_COUNTS;
  } else if ((lastCount += 1) === COUNTS) {
    // The clock stands still or went back: time is borrowed.
    lastMs += 1;
    lastCount = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | lastCount, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Sixteen bytes that were not used before. */
function nextRandom(): Buffer {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, used + 16);
  used += 16;
  return bytes;
}
