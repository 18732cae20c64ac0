import type { Question } from './scripted-answers.js';

/** What one reader of a stream got. */
export interface Reading {
  /** Number of the event after which it began. */
  after: number;
  /** The pieces, of text and of all else (`pieces.ts`). */
  tokens: string[];
  /** Tool calls among them, with their ids. */
  calls: { id: string }[];
  /** The data of the last block, `done` or `error`; null when the stream was cut or left. */
  terminal: any;
  /** The stream ended as a whole response does, and was not left. */
  closed: boolean;
  /** The bytes; those of an uninterrupted stream without `id:` lines are compared. */
  raw: string;
}

/** A message that a client sent, with all it has been told about it. Times are the journal's ticks. */
export interface Turn {
  question: Question;
  /** The answer of the last question is to be replaced. */
  regenerate: boolean;
  key: string | null;
  /** An image that was sent with it. */
  image: Buffer | null;
  generationIds: Set<string>;
  sentAt: number;
  /** When the service said that it answers (200 or 202). */
  takenAt: number | null;
  /** When the client was done with it, whatever came. */
  endedAt: number | null;
  refusal: { status: number; reason: string } | null;
  /** The whole answer to a plain request. */
  whole: any;
  readings: Reading[];
  /** What `cancel` said. */
  receipt: any;
}

/** A conversation as its client knows it. */
export interface Talk {
  label: string;
  conversationId: string | null;
  turns: Turn[];
  /** The title that was acknowledged last, and those of which nobody knows. */
  title: string | null;
  perhapsTitles: string[];
  fate: 'kept' | 'perhaps deleted' | 'deleted';
}

/** All that the clients of a run were told. */
export class Journal {
  readonly talks: Talk[] = [];
  /** What no client should ever see, found while the loop ran; each begins with its invariant. */
  readonly oddities: string[] = [];
  private ticks = 0;

  tick(): number {
    return ++this.ticks;
  }

  talk(client: string): Talk {
    const label = `${client}-${this.talks.length}`;
    const nothing = { conversationId: null, turns: [], title: null, perhapsTitles: [] };
    const talk: Talk = { label, ...nothing, fate: 'kept' };
    this.talks.push(talk);
    return talk;
  }

  turn(talk: Talk, question: Question, rest: Partial<Turn> = {}): Turn {
    const turn: Turn = {
      question,
      regenerate: false,
      key: null,
      image: null,
      generationIds: new Set(),
      sentAt: this.tick(),
      takenAt: null,
      endedAt: null,
      refusal: null,
      whole: null,
      readings: [],
      receipt: null,
      ...rest,
    };
    talk.turns.push(turn);
    return turn;
  }

  get turns(): { talk: Talk; turn: Turn }[] {
    return this.talks.flatMap((talk) => talk.turns.map((turn) => ({ talk, turn })));
  }
}
