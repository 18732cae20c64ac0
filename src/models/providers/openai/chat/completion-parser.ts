import type { ModelEnd, TokenSink } from '../../../../domain/model.js';
import { usageOf } from '../../../../domain/usage.js';
import { contextExceeded } from '../../../model-errors.js';
import { ServerFailure, unusable } from '../../../transport/server-failure.js';
import type { LineMeaning, LineParser } from '../../../transport/streamed-request.js';
import { TextCleaner } from '../../../transport/text-cleaner.js';
import { ThinkTags } from '../../../transport/think-tags.js';
import { ToolCallPieces } from '../../../transport/tool-call-pieces.js';
import {
  errorSent,
  isContextError,
  parseChunk,
  wordsOf,
  type CompletionChunk,
} from './completion-line.js';
import { LineTemplate } from './line-template.js';

const DATA = 'data:';
const CONTENT = 'content';
/** Fields of server-sent events that say nothing here. */
const OTHER_FIELDS = ['event:', 'id:', 'retry:'];

/** Pushes text, thinking and tool calls of an answer's server-sent events into a TokenSink. */
export class CompletionParser implements LineParser {
  /** How the model said it ended. */
  end: ModelEnd = { finishReason: 'stop', usage: null };
  private readonly cleaner = new TextCleaner();
  private readonly thinkingCleaner = new TextCleaner();
  private readonly tags: ThinkTags | null;
  private readonly calls = new ToolCallPieces();
  private readonly template = new LineTemplate();
  /** Whether the next data are an error, whatever they look like. */
  private errorFollows = false;
  private begun = false;
  private whole = false;

  /** @param thinkTags whether `<think>` tags at the head of the text are separated */
  constructor(
    private readonly sink: TokenSink,
    { thinkTags }: { thinkTags: boolean },
  ) {
    this.tags = thinkTags ? new ThinkTags(sink) : null;
  }

  line(text: string): LineMeaning {
    const piece = this.template.read(text);
    if (piece === null) return this.fieldOf(text);
    if (this.template.field === CONTENT) this.give(this.cleaner.take(piece));
    else this.think(this.thinkingCleaner.take(piece));
    return 'content';
  }

  /** A reason of the end, without the last line. */
  isWhole(): boolean {
    return this.whole;
  }

  flush(): void {
    this.sink.flush();
  }

  /** A field of server-sent events: its name, a colon, its value. */
  private fieldOf(line: string): LineMeaning {
    if (line.startsWith(DATA)) return this.data(line);
    if (line.startsWith(':')) return 'silence';
    if (OTHER_FIELDS.some((field) => line.startsWith(field))) {
      this.errorFollows = /^event: *error\s*$/.test(line);
      return 'silence';
    }
    // llama.cpp's field for an error.
    if (line.startsWith('error:')) throw this.failure(line.slice('error:'.length));
    // An error outside of any event.
    if (wordsOf(line) !== null) throw this.failure(line);
    throw unusable(`A line of ${line.length} characters is no event`);
  }

  private data(line: string): LineMeaning {
    const json = line.slice(DATA.length);
    if (this.errorFollows) throw this.failure(json);
    if (json.trim() === '[DONE]') {
      this.finish();
      return 'last';
    }
    return this.chunk(this.parsed(json), line);
  }

  private parsed(json: string): CompletionChunk {
    try {
      return parseChunk(json);
    } catch (error) {
      throw error instanceof ServerFailure ? this.judged(error) : error;
    }
  }

  private chunk(chunk: CompletionChunk, line: string): LineMeaning {
    const { content, thinking, thinkingField, calls, finishReason, usage } = chunk;
    if (thinking !== '') this.think(this.thinkingCleaner.take(thinking));
    if (content !== '') this.give(this.cleaner.take(content));
    for (const piece of calls) this.calls.add(piece);
    if (usage) this.end.usage = usageOf(usage.prompt_tokens, usage.completion_tokens);
    if (finishReason !== null) {
      this.end.finishReason = finishReason === 'length' ? 'length' : 'stop';
      this.finish();
    } else if (calls.length === 0 && !usage) {
      if (thinking === '') this.template.learn(line, CONTENT, content);
      else if (content === '') this.template.learn(line, thinkingField, thinking);
    }
    return content !== '' || thinking !== '' || calls.length > 0 ? 'content' : 'empty';
  }

  private failure(json: string): Error {
    return this.judged(errorSent(wordsOf(json)));
  }

  /** A server may refuse a prompt only after its response has begun. */
  private judged(error: ServerFailure): Error {
    return !this.begun && isContextError(error) ? contextExceeded(error) : error;
  }

  /** All of the answer has come; its usage may follow. */
  private finish(): void {
    this.whole = true;
    this.giveCalls();
    this.endText();
  }

  private think(text: string): void {
    if (text === '') return;
    this.giveCalls();
    this.begun = true;
    this.sink.thinking(text);
  }

  private give(text: string): void {
    if (text === '') return;
    this.giveCalls();
    this.giveText(text);
  }

  private giveText(text: string): void {
    this.begun = true;
    if (this.tags) this.tags.take(text);
    else this.sink.token(text);
  }

  /** All pieces of the calls before have come; what came before a call stands before it. */
  private giveCalls(): void {
    if (this.calls.isEmpty) return;
    const calls = this.calls.take(this.end.finishReason === 'length');
    this.endText();
    for (const call of calls) {
      this.begun = true;
      this.sink.toolCall(call);
    }
  }

  private endText(): void {
    const [thinking, text] = [this.thinkingCleaner.rest(), this.cleaner.rest()];
    if (thinking !== '') this.sink.thinking(thinking);
    if (text !== '') this.giveText(text);
    this.tags?.end();
  }
}
