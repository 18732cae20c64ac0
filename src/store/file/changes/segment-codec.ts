import { ChangeRun, type RecordedChange } from '../../local/change-run.js';
import type { ChangeMark } from '../../rules/cursor.js';
import { DamagedFileError, JsonReader } from '../json-reader.js';
import { decodeChange, encodeChange } from './change-codec.js';

const VERSION = 1;

/** A conversation that is about to be deleted: a change, once its file is removed. */
export interface Deletion {
  readonly change: RecordedChange;
  /** Of the file that is removed: a file with another one is not the one that was to go. */
  readonly stamp: string;
}

/** A line of a segment. */
export type Line =
  | { readonly change: RecordedChange }
  | { readonly deleting: Deletion }
  /** Id of the change of a deletion that was not made. */
  | { readonly kept: string };

/** What a segment has. */
export interface SegmentContent {
  run: ChangeRun;
  /** Deletions that are neither made nor given up, by the ids of their changes. */
  deletions: Map<string, Deletion>;
  /** False if the file has more than complete lines in their order: nothing may be added to it. */
  isWhole: boolean;
}

/** The first line of a segment. */
export const HEADER = `${JSON.stringify({ version: VERSION })}\n`;

/** @param number of the line's change, if it is one */
export function encodeLine(line: Line, number: number): string {
  return `${JSON.stringify(valueOf(line, number))}\n`;
}

function valueOf(line: Line, number: number): object {
  if ('change' in line) return { number, ...placeOf(line.change), ...encodeChange(line.change) };
  if ('kept' in line) return line;
  const { change, stamp } = line.deleting;
  return { deleting: stamp, ...placeOf(change), ...encodeChange(change) };
}

const placeOf = ({ ownerId: owner, conversationId: conversation }: RecordedChange) => ({
  owner,
  conversation,
});

/**
 * A segment up to its first incomplete line, which a crash can leave. Throws `DamagedFileError`, or
 * `NewerFileError` for the file of a later release.
 */
export function decodeSegment(text: string, before: ChangeMark): SegmentContent {
  const [header = '', ...rest] = text.split('\n');
  JsonReader.parse(header, VERSION);
  const content = { run: new ChangeRun(before), deletions: new Map(), isWhole: true };
  const lines = rest.slice(0, -1);
  const read = lines.findIndex((line) => !addLine(content, line));
  content.isWhole = read === -1 && rest.at(-1) === '';
  return content;
}

/** False for what is no line, or no next line. */
function addLine(content: SegmentContent, text: string): boolean {
  try {
    const file = JsonReader.of(text);
    const number = file.optionalNumber('number');
    if (number !== null && number !== content.run.end.number + 1) return false;
    apply(content, lineOf(file, number));
    return true;
  } catch (error) {
    if (error instanceof DamagedFileError) return false;
    throw error;
  }
}

function lineOf(file: JsonReader, number: number | null): Line {
  const kept = file.optional('kept');
  if (kept !== null) return { kept };
  const place = { ownerId: file.text('owner'), conversationId: file.text('conversation') };
  const change = decodeChange(file, place);
  return number === null ? { deleting: { change, stamp: file.text('deleting') } } : { change };
}

export function apply({ run, deletions }: SegmentContent, line: Line): void {
  if ('deleting' in line) deletions.set(line.deleting.change.id, line.deleting);
  else if ('kept' in line) deletions.delete(line.kept);
  else {
    deletions.delete(line.change.id);
    run.push(line.change);
  }
}
