import type { ModelEnd, TokenSink } from '../../../../domain/model.js';
import { usageOf } from '../../../../domain/usage.js';
import type { LineMeaning, LineParser } from '../../../transport/streamed-request.js';
import { TextCleaner } from '../../../transport/text-cleaner.js';
import { ThinkTags } from '../../../transport/think-tags.js';
import { parseChatLine, type OllamaChatLine, type OllamaToolCall } from './chat-line.js';

/** Pushes text and thinking of an answer's lines into a TokenSink. */
export class AnswerParser implements LineParser {
  /** How the model said it ended; set by the last line. */
  end: ModelEnd = { finishReason: 'stop', usage: null };
  private readonly cleaner = new TextCleaner();
  private readonly thinkingCleaner = new TextCleaner();
  private readonly tags: ThinkTags | null;

  /** @param thinkTags whether `<think>` tags at the head of the text are separated */
  constructor(
    private readonly sink: TokenSink,
    { thinkTags }: { thinkTags: boolean },
  ) {
    this.tags = thinkTags ? new ThinkTags(sink) : null;
  }

  line(text: string): LineMeaning {
    const line = parseChatLine(text);
    const { content, thinking, tool_calls: toolCalls } = line.message ?? {};
    if (thinking) this.think(this.thinkingCleaner.take(thinking));
    if (content) this.give(this.cleaner.take(content));
    if (toolCalls) for (const call of toolCalls) this.call(call);
    if (line.done === true) {
      this.think(this.thinkingCleaner.rest());
      this.give(this.cleaner.rest());
      this.tags?.end();
      this.end = endOf(line);
      return 'last';
    }
    return content || thinking || toolCalls ? 'content' : 'empty';
  }

  flush(): void {
    this.sink.flush();
  }

  /** What came before a call stands before it. */
  private call({ id, function: { name, arguments: given } }: OllamaToolCall): void {
    this.think(this.thinkingCleaner.rest());
    this.give(this.cleaner.rest());
    this.tags?.end();
    this.sink.toolCall({ id: typeof id === 'string' ? id : null, name, arguments: given });
  }

  private give(text: string): void {
    if (this.tags) this.tags.take(text);
    else if (text !== '') this.sink.token(text);
  }

  private think(text: string): void {
    if (text !== '') this.sink.thinking(text);
  }
}

function endOf(line: OllamaChatLine): ModelEnd {
  return {
    finishReason: line.done_reason === 'length' ? 'length' : 'stop',
    usage: usageOf(line.prompt_eval_count, line.eval_count),
  };
}
