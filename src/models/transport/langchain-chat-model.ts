import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { AIMessageChunk, BaseMessage, UsageMetadata } from '@langchain/core/messages';
import { AsyncCaller } from '@langchain/core/utils/async_caller';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { ModelAsk, ModelEnd, TokenSink } from '../../domain/model.js';
import { usageOf } from '../../domain/usage.js';
import type { AppLogger } from '../../observability/app-logger.js';
import type { ChatModel } from '../model-provider.js';
import { IdleTimer } from './idle-timer.js';
import { langChainFailure } from './langchain-failure.js';
import { modelSilent } from './model-errors.js';
import { runRequest } from './run-request.js';
import type { ServerKind } from './server-kind.js';
import { TextCleaner } from './text-cleaner.js';

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
    _ask: ModelAsk,
  ): Promise<ModelEnd> {
    const { server, retries } = this.options;
    const attempt = (): Promise<ModelEnd> => {
      signal.throwIfAborted();
      return new ChunkedAnswer(this.options, sink, signal).read(this.model, messages);
    };
    return runRequest(attempt, { serverName: server.name, retries, logger: this.logger, signal });
  }
}

/** One attempt to read an answer as LangChain's chunks. */
class ChunkedAnswer {
  private readonly cleaner = new TextCleaner();
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
    this.idle = new IdleTimer(options.timeoutMs, () => this.stop(modelSilent()));
    this.stopped = new Promise((_resolve, reject) => (this.rejectStopped = reject));
  }

  /** Rejects with an AppError, a ServerFailure, the signal's reason, or what the sink threw. */
  async read(model: BaseChatModel, messages: BaseMessage[]): Promise<ModelEnd> {
    this.signal.addEventListener('abort', this.onAbort);
    this.idle.start();
    try {
      // A model may ignore the signal; then it is not waited for.
      await Promise.race([this.readChunks(model, messages), this.stopped]);
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

  private async readChunks(model: BaseChatModel, messages: BaseMessage[]): Promise<void> {
    const { signal } = this.stopping;
    const { stop } = this.options;
    const call = stop.length === 0 ? { signal } : { signal, stop: [...stop] };
    try {
      for await (const chunk of await model.stream(messages, call)) {
        signal.throwIfAborted();
        this.take(chunk);
      }
    } catch (error) {
      throw langChainFailure(error, this.begun, this.options);
    }
    signal.throwIfAborted();
    this.give(this.cleaner.rest());
  }

  private take(chunk: AIMessageChunk): void {
    this.idle.touch();
    this.give(this.cleaner.take(chunk.text));
    this.end = mergedEnd(this.end, chunk);
  }

  private give(text: string): void {
    if (text === '') return;
    this.begun = true;
    try {
      this.sink.token(text);
      this.sink.flush();
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
