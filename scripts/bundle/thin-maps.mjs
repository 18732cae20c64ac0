import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';

/** @typedef {import('@jridgewell/sourcemap-codec').SourceMapSegment} Segment */

/**
 * Leaves one place for each line of the source: all that a stack trace needs but the column. Node reads
 * every map as it starts, and parses it whole for the first stack of an error.
 *
 * @param {string} folder
 */
export function thinMaps(folder) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js.map'))) {
    const file = join(folder, name);
    const map = JSON.parse(readFileSync(file, 'utf8'));
    map.mappings = encode(decode(map.mappings).map(firstOfLines));
    writeFileSync(file, JSON.stringify(map));
  }
}

/** @param {readonly Segment[]} segments of one line of the bundle */
function firstOfLines(segments) {
  return segments.filter((segment, index) => {
    const before = segments[index - 1];
    return segment[1] !== before?.[1] || segment[2] !== before?.[2];
  });
}
