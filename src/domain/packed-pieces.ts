import {
  charactersOf,
  kindOf,
  textOf,
  type Piece,
  type PieceKind,
  type ToolCall,
} from './parts.js';

/** From this place on, pieces are of this kind. */
interface Run {
  readonly from: number;
  readonly kind: PieceKind;
}

/**
 * Pieces of an answer, as one string and where each ends. V8 keeps a short string in an object of its
 * own, which the collector visits for as long as it lives: of 64 tokens this leaves two objects.
 */
export class PackedPieces {
  private characters = '';
  private readonly ends: number[] = [];
  /** Null while all is text. */
  private runs: Run[] | null = null;

  constructor(pieces: readonly Piece[]) {
    this.add(pieces);
  }

  get length(): number {
    return this.ends.length;
  }

  add(pieces: readonly Piece[]): void {
    let end = this.characters.length;
    const first = this.ends.length;
    const texts = pieces.map((piece, index) => this.encode(piece, first + index));
    for (const text of texts) this.ends.push((end += text.length));
    this.characters += texts.join('');
  }

  at(index: number): Piece {
    const characters = this.characters.slice(this.endOf(index - 1), this.endOf(index));
    return decode(characters, this.kindAt(index));
  }

  /** Those from `index` on. */
  from(index: number): Piece[] {
    return Array.from({ length: Math.max(0, this.length - index) }, (_, n) => this.at(index + n));
  }

  /** The text of all that is text. */
  text(): string {
    if (!this.runs) return this.characters;
    return textOf(this.from(0));
  }

  private encode(piece: Piece, index: number): string {
    const kind = kindOf(piece);
    if (kind !== 'text') this.runs ??= [{ from: 0, kind: 'text' }];
    if (this.runs && this.runs.at(-1)?.kind !== kind) this.runs.push({ from: index, kind });
    return charactersOf(piece);
  }

  private kindAt(index: number): PieceKind {
    return this.runs?.findLast(({ from }) => from <= index)?.kind ?? 'text';
  }

  private endOf(index: number): number {
    return this.ends[index] ?? 0;
  }
}

function decode(characters: string, kind: PieceKind): Piece {
  switch (kind) {
    case 'text':
      return characters;
    case 'thinking':
      return { thinking: characters };
    case 'toolCall':
      return { toolCall: JSON.parse(characters) as ToolCall };
  }
}
