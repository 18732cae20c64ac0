import type { TokenSink } from '../../domain/model.js';

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Separates `<think>…</think>` at the head of a text, of servers that do not do it themselves. A tag
 * may be cut between two pieces: what may be the beginning of one is held back until more comes. White
 * space around the tags is dropped.
 */
export class ThinkTags {
  private state: 'head' | 'thinking' | 'before_text' | 'text' = 'head';
  private held = '';
  /** Whether there was thinking that is not white space. */
  private begun = false;

  constructor(private readonly sink: Pick<TokenSink, 'token' | 'thinking'>) {}

  take(piece: string): void {
    if (this.state === 'text') {
      if (piece !== '') this.sink.token(piece);
      return;
    }
    const text = this.held + piece;
    this.held = '';
    if (this.state === 'head') this.takeHead(text);
    else if (this.state === 'thinking') this.takeThinking(text);
    else this.takeText(text);
  }

  /** The text is over: what was held back is what it looks like. */
  end(): void {
    const { held } = this;
    this.held = '';
    if (held === '') return;
    if (this.state === 'thinking') this.think(held);
    else if (this.state === 'head') this.sink.token(held);
  }

  private takeHead(text: string): void {
    const head = text.trimStart();
    if (head.startsWith(OPEN)) {
      this.state = 'thinking';
      this.takeThinking(head.slice(OPEN.length));
    } else if (OPEN.startsWith(head)) {
      this.held = text;
    } else {
      this.state = 'text';
      this.sink.token(text);
    }
  }

  private takeThinking(text: string): void {
    const end = text.indexOf(CLOSE);
    if (end >= 0) {
      this.think(text.slice(0, end).trimEnd());
      this.state = 'before_text';
      this.takeText(text.slice(end + CLOSE.length));
      return;
    }
    const rest = withoutBeginning(text);
    this.held = text.slice(rest.length);
    this.think(rest);
  }

  private think(text: string): void {
    const thought = this.begun ? text : text.trimStart();
    if (thought === '') return;
    this.begun = true;
    this.sink.thinking(thought);
  }

  private takeText(text: string): void {
    const rest = text.trimStart();
    if (rest === '') return;
    this.state = 'text';
    this.sink.token(rest);
  }
}

/** The text without white space and the beginning of a closing tag at its end. */
function withoutBeginning(text: string): string {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(CLOSE.slice(0, length))) return text.slice(0, -length).trimEnd();
  }
  return text.trimEnd();
}
