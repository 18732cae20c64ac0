import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { AIMessageChunk, BaseMessage, UsageMetadata } from '@langchain/core/messages';
import { AsyncCaller } from '@langchain/core/utils/async_caller';
import type { AppError } from '../../common/errors/app-error.js';
import type { CancelSignal } from '../../domain/cancellation.js';
import type {
  GivenToolCall,
  ModelAsk,
  ModelEnd,
  OutputFormat,
  TokenSink,
  Tool,
} from '../../domain/model.js';
import { usageOf } from '../../domain/usage.js';
import type { AppLogger } from '../../observability/app-logger.js';
import type { ChatModel } from '../model-provider.js';
import { IdleTimer } from './idle-timer.js';
import { langChainFailure } from './langchain-failure.js';
import { thinkingOf } from './langchain-thinking.js';
import { StreamedToolCalls } from './langchain-tool-calls.js';
import { invalid, modelSilent } from '../model-errors.js';
import { runRequest } from './run-request.js';
import type { ServerKind } from './server-kind.js';
import { TextCleaner } from './text-cleaner.js';
import { ThinkTags } from './think-tags.js';

export interface LangChainOptions {
  server: ServerKind;
  /** Name of the model, for `ServerKind.modelNotFound`. */
  model: string;
  /** Longest silence of the model, before or between chunks, in milliseconds. */
  timeoutMs: number;
  /** Further attempts after one that failed before the first token. */
  retries: number;
  /** What ends the answer. LangChain takes it with the call, and some models only there. */
  stop: readonly string[];
  /** The call options that ask this model for a format: each vendor has its own; null: none do. */
  formatOptions: ((format: OutputFormat) => Readonly<Record<string, unknown>>) | null;
  /** Whether `<think>` tags at the head of the text are separated. */
  thinkTags: boolean;
}

/**
 * Adapts any LangChain chat model to the port and adds an idle timeout, retries before the first
 * token, abort, AppErrors and clean text. The model decides whether an abort closes its connection
 * at once: LangChain only forwards the signal.
 */
export class LangChainChatModel implements ChatModel {
  constructor(
    private readonly model: BaseChatModel,
    private readonly options: LangChainOptions,
    private readonly logger: AppLogger,
  ) {
    // The model's own retries would multiply ours, without our signal and time limit.
    model.caller = new AsyncCaller({ maxRetries: 0 });
  }

  streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
    ask: ModelAsk,
  ): Promise<ModelEnd> {
    const { server, retries } = this.options;
    const attempt = (): Promise<ModelEnd> => {
      signal.throwIfAborted();
      const stream = this.prepared(ask);
      return new ChunkedAnswer(this.options, sink, signal).read((abort) => stream(messages, abort));
    };
    return runRequest(attempt, { server, retries, logger: this.logger, signal });
  }

  /** The model with all that the request asks for. Throws `validation` for what it does not take. */
  private prepared({ tools, format }: ModelAsk): StreamChunks {
    const { stop, formatOptions } = this.options;
    if (tools.length > 0 && !this.model.bindTools) throw notSupported('tools');
    if (format !== null && !formatOptions) throw notSupported('parameters.format');
    const bound = tools.length > 0 ? this.model.bindTools?.(tools.map(toOpenAi)) : undefined;
    const model = bound ?? this.model;
    const options = {
      ...(stop.length > 0 && { stop: [...stop] }),
      ...(format !== null && formatOptions?.(format)),
    };
    return (messages, signal) => model.stream(messages, { ...options, signal });
  }
}

type StreamChunks = (
  messages: BaseMessage[],
  signal: AbortSignal,
) => Promise<AsyncIterable<AIMessageChunk>>;

/** What `bindTools` of every model takes. */
function toOpenAi({ name, description, parameters }: Tool): Record<string, unknown> {
  const described = description === null ? {} : { description };
  const schema = parameters ?? { type: 'object', properties: {} };
  return { type: 'function', function: { name, ...described, parameters: schema } };
}

function notSupported(field: string): AppError {
  return invalid({ field, message: 'is not supported by this model' });
}

/** One attempt to read an answer as LangChain's chunks. */
class ChunkedAnswer {
  private readonly cleaner = new TextCleaner();
  private readonly thinkingCleaner = new TextCleaner();
  private readonly tags: ThinkTags | null;
  private readonly calls = new StreamedToolCalls();
  private readonly stopping = new AbortController();
  private readonly idle: IdleTimer;
  /** Rejects when the signal, the idle timeout or the sink ends the attempt. */
  private readonly stopped: Promise<never>;
  private rejectStopped: (reason: unknown) => void = () => undefined;
  private begun = false;
  private end: ModelEnd = { finishReason: 'stop', usage: null };

  constructor(
    private readonly options: LangChainOptions,
    private readonly sink: TokenSink,
    private readonly signal: CancelSignal,
  ) {
    this.tags = options.thinkTags ? new ThinkTags(this.guarded) : null;
    this.idle = new IdleTimer(options.timeoutMs, () => this.stop(modelSilent()));
    this.stopped = new Promise((_resolve, reject) => (this.rejectStopped = reject));
  }

  /** Rejects with an AppError, a ServerFailure, the signal's reason, or what the sink threw. */
  async read(stream: (signal: AbortSignal) => ReturnType<StreamChunks>): Promise<ModelEnd> {
    this.signal.addEventListener('abort', this.onAbort);
    this.idle.start();
    try {
      // A model may ignore the signal; then it is not waited for.
      await Promise.race([this.readChunks(stream), this.stopped]);
      return this.end;
    } finally {
      this.idle.stop();
      this.signal.removeEventListener('abort', this.onAbort);
    }
  }

  private readonly onAbort = (): void => this.stop(this.signal.reason);

  private stop(reason: unknown): void {
    this.rejectStopped(reason);
    this.stopping.abort(reason);
  }

  private async readChunks(stream: (signal: AbortSignal) => ReturnType<StreamChunks>) {
    const { signal } = this.stopping;
    try {
      for await (const chunk of await stream(signal)) {
        signal.throwIfAborted();
        this.take(chunk);
      }
    } catch (error) {
      throw langChainFailure(error, this.begun, this.options);
    }
    signal.throwIfAborted();
    this.giveCalls(this.end.finishReason === 'length');
    this.endText();
    this.sink.flush();
  }

  private take(chunk: AIMessageChunk): void {
    this.idle.touch();
    this.think(this.thinkingCleaner.take(thinkingOf(chunk)));
    this.give(this.cleaner.take(chunk.text));
    this.calls.add(chunk);
    this.end = mergedEnd(this.end, chunk);
    this.sink.flush();
  }

  private think(text: string): void {
    if (text === '') return;
    this.giveCalls();
    this.guarded.thinking(text);
  }

  private give(text: string): void {
    if (text === '') return;
    this.giveCalls();
    this.giveText(text);
  }

  private giveText(text: string): void {
    if (this.tags) this.tags.take(text);
    else this.guarded.token(text);
  }

  /** All pieces of the calls before have come: what came before them stands before them. */
  private giveCalls(cut = false): void {
    const calls = this.calls.take(cut);
    if (calls.length > 0) this.endText();
    for (const call of calls) this.guarded.toolCall(call);
  }

  private endText(): void {
    const [thinking, text] = [this.thinkingCleaner.rest(), this.cleaner.rest()];
    if (thinking !== '') this.guarded.thinking(thinking);
    if (text !== '') this.giveText(text);
    this.tags?.end();
  }

  /** The sink; what it throws ends the attempt. */
  private readonly guarded = {
    token: (text: string): void => this.push(() => this.sink.token(text)),
    thinking: (text: string): void => this.push(() => this.sink.thinking(text)),
    toolCall: (call: GivenToolCall): void => this.push(() => this.sink.toolCall(call)),
  };

  private push(piece: () => void): void {
    this.begun = true;
    try {
      piece();
    } catch (error) {
      this.stop(error);
      throw error;
    }
  }
}

/** The fields of a chunk that describe the model's end. */
interface ChunkEnd {
  usage_metadata?: UsageMetadata | undefined;
  response_metadata: Record<string, unknown>;
}

/** Providers send reason and usage with any of the last chunks, with several names. */
function mergedEnd(
  end: ModelEnd,
  { usage_metadata: usage, response_metadata: metadata }: ChunkEnd,
): ModelEnd {
  const reason: unknown = metadata['done_reason'] ?? metadata['finish_reason'];
  return {
    finishReason: reason === 'length' ? 'length' : end.finishReason,
    usage: usage ? usageOf(usage.input_tokens, usage.output_tokens) : end.usage,
  };
}
