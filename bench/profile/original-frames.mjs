import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./summary.mjs').Frame} Frame */

/** @type {Map<string, SourceMap | null>} by the file that it describes */
const maps = new Map();

/**
 * A function of the bundle by the file and line that it was written in.
 *
 * @param {Frame} frame
 * @returns {Frame}
 */
export function originalFrame(frame) {
  const entry = mapOf(frame.url)?.findEntry(frame.lineNumber, frame.columnNumber);
  if (entry === undefined || !('originalSource' in entry)) return frame;
  const url = entry.originalSource.replace(/^(?:\.\.\/)+/, '/');
  return { ...frame, url, lineNumber: entry.originalLine, columnNumber: entry.originalColumn };
}

/** @param {string} url */
function mapOf(url) {
  const known = maps.get(url);
  if (known !== undefined) return known;
  const file = url.includes('/chunks/') ? `${fileURLToPath(url)}.map` : '';
  const map = existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : null;
  maps.set(url, map);
  return map;
}
