import type { ModelEnd, TokenSink } from '../../../../domain/model.js';
import { usageOf } from '../../../../domain/usage.js';
import type { LineMeaning, LineParser } from '../../../transport/streamed-request.js';
import { TextCleaner } from '../../../transport/text-cleaner.js';
import { parseChatLine, type OllamaChatLine } from './chat-line.js';

/** Pushes the text of an answer's lines into a TokenSink. */
export class AnswerParser implements LineParser {
  /** How the model said it ended; set by the last line. */
  end: ModelEnd = { finishReason: 'stop', usage: null };
  private readonly cleaner = new TextCleaner();

  constructor(private readonly sink: TokenSink) {}

  line(text: string): LineMeaning {
    const line = parseChatLine(text);
    const content = line.message?.content;
    if (content) this.give(this.cleaner.take(content));
    if (line.done === true) {
      this.give(this.cleaner.rest());
      this.end = endOf(line);
      return 'last';
    }
    return content || line.message?.thinking || line.message?.tool_calls ? 'content' : 'empty';
  }

  flush(): void {
    this.sink.flush();
  }

  private give(text: string): void {
    if (text !== '') this.sink.token(text);
  }
}

function endOf(line: OllamaChatLine): ModelEnd {
  return {
    finishReason: line.done_reason === 'length' ? 'length' : 'stop',
    usage: usageOf(line.prompt_eval_count, line.eval_count),
  };
}
