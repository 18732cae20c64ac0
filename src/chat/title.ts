import { graphemesWithin } from '../common/text/graphemes.js';
import { UNNAMED } from '../domain/conversation.js';
import { isBlank, oneLine } from '../common/text/one-line.js';

/** Code points of a title, the dots at its end included. */
const TITLE_LENGTH = 80;
/** Code units that give a title, unless nearly all of them are white space or are dropped. */
const BEGINNING = 400;

/** A title for a conversation that was not renamed: the beginning of its first message. */
export function titleOf(message: string): string {
  const start = message.trimStart();
  const beginning = lineOf(start.slice(0, BEGINNING));
  const enough = beginning.length > 2 * TITLE_LENGTH || start.length <= BEGINNING;
  const line = enough ? beginning : lineOf(start);
  if (isBlank(line)) return UNNAMED;
  const whole = graphemesWithin(line, TITLE_LENGTH);
  if (whole === line) return line;
  return `${graphemesWithin(line, TITLE_LENGTH - 1).trimEnd()}…`;
}

const lineOf = (text: string): string => oneLine(text).replace(/\s+/gu, ' ');
