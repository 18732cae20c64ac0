import type { TokenSink } from '../../domain/model.js';

/** Code units of text and thinking that are read of an answer: a title has far fewer. */
const MOST = 2_000;

/** What the sink throws once it has enough, which closes the connection to the model. */
export const ENOUGH = new Error('The title is long enough');

/** Collects the text of an answer that is a title, and bounds it whatever the model server sends. */
export class TitleSink implements TokenSink {
  text = '';
  private read = 0;

  token(text: string): void {
    this.text += text;
    this.count(text);
  }

  thinking(text: string): void {
    this.count(text);
  }

  toolCall(): void {
    // It is no title.
  }

  flush(): void {
    // Nobody reads along.
  }

  private count({ length }: string): void {
    this.read += length;
    if (this.read > MOST) throw ENOUGH;
  }
}
