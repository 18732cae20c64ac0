import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BEHAVIOURS, CLIENTS } from './table.mjs';

const DOCUMENT = resolve(import.meta.dirname, '../../docs/clients.md');
const PLACE = /(<!-- clients -->\n)[^]*(<!-- \/clients -->)/;

/** The document with the table as it should be, and as it is. */
export function documents() {
  const written = readFileSync(DOCUMENT, 'utf8');
  if (!PLACE.test(written)) throw new Error(`${DOCUMENT} has no place for the table`);
  return { written, right: written.replace(PLACE, (_, begin, end) => begin + table() + end) };
}

/** Puts the table into the document. */
export function writeDocument() {
  writeFileSync(DOCUMENT, documents().right);
}

/** The table as Prettier writes it, and its notes. */
function table() {
  /** @type {string[]} */
  const notes = [];
  const rows = Object.values(CLIENTS).map((client) => [
    client.name,
    versionOf(client),
    ...Object.keys(BEHAVIOURS).map((behaviour) => cellText(client.cells[behaviour], notes)),
  ]);
  const numbered = notes.map((note, index) => `${index + 1}. ${note}`);
  return `\n${grid([['client', 'version', ...Object.values(BEHAVIOURS)], ...rows])}\n\n${numbered.join('\n')}\n\n`;
}

/** @param {import('./table.mjs').Cell} cell @param {string[]} notes those so far, to which its own is added */
function cellText({ says, note }, notes) {
  if (note === null) return says;
  if (!notes.includes(note)) notes.push(note);
  return `${says} <sup>${notes.indexOf(note) + 1}</sup>`;
}

/** @param {string[][]} rows the first is the head */
function grid([head, ...rows]) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)));
  const line = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** @param {import('./table.mjs').Client} client */
function versionOf({ package: name, from }) {
  if (from === null) return '';
  const file = (path) => readFileSync(resolve(import.meta.dirname, path), 'utf8');
  const found = {
    npm: () => JSON.parse(file('package.json')).dependencies[name],
    pypi: () => file('requirements.txt').match(new RegExp(`^${name}==(.*)$`, 'm'))?.[1],
    go: () => file('ollama/go/go.mod').match(new RegExp(`${name} v(\\S+)`))?.[1],
  }[from]();
  if (!found) throw new Error(`There is no version of ${name}`);
  return found.replace(/^npm:.*@/, '');
}
