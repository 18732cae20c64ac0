/**
 * Events of an answer as one string each, so that they can be compared: text is itself, all else has a
 * mark before it.
 */
const THINKING = '\u0001T';
const CALL = '\u0001C';

/** The piece in the data of a block; null where it is the last block, `done` or `error`. */
export function pieceOf(data: any): string | null {
  if (typeof data.token === 'string') return data.token;
  if (typeof data.thinking === 'string') return THINKING + String(data.thinking);
  return data.tool_call ? callPiece(data.tool_call) : null;
}

export const thinkingPiece = (text: string): string => THINKING + text;

/** Ids may be replaced by the service, so calls are compared without. */
export function callPiece({ name, arguments: given }: any): string {
  return CALL + JSON.stringify([name, given]);
}

const kindOf = (piece: string): string =>
  [THINKING, CALL].find((mark) => piece.startsWith(mark)) ?? '';

/**
 * Pieces as they are stored: those of one kind together, calls apart. The form of the first pieces of
 * an answer is a prefix of the form of all.
 */
export function formOf(pieces: readonly string[]): string {
  let form = '';
  let last: string | null = null;
  for (const piece of pieces) {
    const kind = kindOf(piece);
    const goesOn = kind === last && kind !== CALL;
    form += goesOn
      ? piece.slice(kind.length)
      : `|${kind === '' ? 'X' : kind}:${piece.slice(kind.length)}`;
    last = kind;
  }
  return form;
}

/** The same of a message, a record, a receipt or a whole answer: the scripted model thinks first and calls last. */
export function formOfAnswer(answer: any): string {
  const pieces: string[] = [];
  if (answer.thinking !== null) pieces.push(thinkingPiece(answer.thinking));
  const text: string = answer.content ?? answer.response;
  if (text !== '') pieces.push(text);
  for (const call of answer.tool_calls ?? []) pieces.push(callPiece(call));
  return formOf(pieces);
}
