import type { ModelEnd, TokenSink } from '../../../../domain/model.js';
import { usageOf } from '../../../../domain/usage.js';
import type { ChatLineSink } from '../transport/chat-attempt.js';
import type { OllamaChatLine } from '../transport/chat-line.js';
import { brokenOff } from '../transport/ollama-errors.js';
import { WholeText } from './whole-text.js';

/** The text of an answer's lines, into a TokenSink: no chunk, no callback, no promise a token. */
export class AnswerReader implements ChatLineSink {
  private readonly whole = new WholeText();
  private ended: ModelEnd | undefined;

  constructor(private readonly sink: TokenSink) {}

  line(line: OllamaChatLine): void {
    const content = line.message?.content;
    if (content) this.give(this.whole.take(content));
    if (line.done !== true) return;
    this.give(this.whole.rest());
    this.ended = endOf(line);
  }

  flush(): void {
    this.sink.flush();
  }

  /** How the model said it ended, once it has. */
  end(): ModelEnd {
    if (!this.ended) throw brokenOff(new Error('The answer ended without saying so'));
    return this.ended;
  }

  private give(text: string): void {
    if (text !== '') this.sink.token(text);
  }
}

/** Finish reason and usage of the last line. */
export function endOf(line: OllamaChatLine): ModelEnd {
  return {
    finishReason: line.done_reason === 'length' ? 'length' : 'stop',
    usage: usageOf(line.prompt_eval_count, line.eval_count),
  };
}
