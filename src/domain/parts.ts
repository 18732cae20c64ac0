/**
 * What a model says beside text, as a closed union: a kind is added here, and the compiler names every
 * place that has to know it.
 */

/** A tool that the model wants to be called, once; nothing here calls it. */
export interface ToolCall {
  /** Unique in its conversation. */
  readonly id: string;
  readonly name: string;
  /** As the model gave them; null where what it gave is no JSON object. */
  readonly arguments: Readonly<Record<string, unknown>> | null;
  /** Only where `arguments` is null: what the model gave. */
  readonly argumentsText?: string;
}

/** The arguments of a call as a text: of JSON, or what the model gave in place of it. */
export function argumentsOf(call: Pick<ToolCall, 'arguments' | 'argumentsText'>): string {
  const { arguments: given, argumentsText = '' } = call;
  return given === null ? argumentsText : JSON.stringify(given);
}

/** A piece that is not text. */
export type OtherPiece = { readonly thinking: string } | { readonly toolCall: ToolCall };

/** What one event of an answer adds. Text is the string itself: a token costs no object. */
export type Piece = string | OtherPiece;

/**
 * A part of an answer, in the order in which the model gave it. Text is stored once, as the message's
 * content: its part says how many UTF-16 units of it belong here.
 */
export type Part = { readonly text: number } | OtherPiece;

/** What an answer has beside its text. */
export interface AnswerParts {
  readonly list: readonly Part[];
  /** How long the model thought, in milliseconds; null where it did not, or where that is not known. */
  readonly thinkingMs: number | null;
}

/** An answer's text, and its parts where it has more than text. */
export interface Written {
  readonly response: string;
  readonly parts: AnswerParts | null;
}

/** What a run of pieces is, those of one kind that follow each other taken together. */
export function written(pieces: readonly Piece[], thinkingMs: number | null = null): Written {
  const response = textOf(pieces);
  if (pieces.every((piece) => typeof piece === 'string')) return { response, parts: null };
  return { response, parts: { list: runsOf(pieces).flatMap(partsOfRun), thinkingMs } };
}

/** The text of pieces. */
export function textOf(pieces: readonly Piece[]): string {
  return pieces.filter((piece) => typeof piece === 'string').join('');
}

/** Pieces of one kind that follow each other, together. */
function runsOf(pieces: readonly Piece[]): [Piece, ...Piece[]][] {
  const runs: [Piece, ...Piece[]][] = [];
  for (const piece of pieces) {
    const run = runs.at(-1);
    if (run && kindOf(run[0]) === kindOf(piece)) run.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

function partsOfRun(run: [Piece, ...Piece[]]): Part[] {
  switch (kindOf(run[0])) {
    case 'text':
      return [{ text: textOf(run).length }];
    case 'thinking':
      return [{ thinking: run.map(charactersOf).join('') }];
    case 'toolCall':
      return run.filter((piece) => typeof piece !== 'string');
  }
}

export type PieceKind = 'text' | 'thinking' | 'toolCall';

export function kindOf(piece: Piece): PieceKind {
  if (typeof piece === 'string') return 'text';
  return 'thinking' in piece ? 'thinking' : 'toolCall';
}

/** One piece for each part, in order: what is left of an answer once its events are gone. */
export function piecesOf({ response, parts }: Written): Piece[] {
  if (!parts) return response === '' ? [] : [response];
  let from = 0;
  return parts.list.map((part) => {
    if (!('text' in part)) return part;
    from += part.text;
    return response.slice(from - part.text, from);
  });
}

/** All thinking of an answer; null where there is none. */
export function thinkingOf(parts: AnswerParts | null): string | null {
  const thoughts = (parts?.list ?? []).flatMap((part) => ('thinking' in part ? part.thinking : []));
  return thoughts.length === 0 ? null : thoughts.join('');
}

/** The tools that an answer calls, in order; null where there is none. */
export function toolCallsOf(parts: AnswerParts | null): ToolCall[] | null {
  const calls = (parts?.list ?? []).flatMap((part) => ('toolCall' in part ? part.toolCall : []));
  return calls.length === 0 ? null : calls;
}

/** What a piece says, as one text: what limits and memory count. */
export function charactersOf(piece: Piece): string {
  if (typeof piece === 'string') return piece;
  return 'thinking' in piece ? piece.thinking : JSON.stringify(piece.toolCall);
}
