import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base';
import { convertChunksToEvents } from '@langchain/core/language_models/compat';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import type { AIMessageChunk, BaseMessage, MessageContent } from '@langchain/core/messages';
import type { ChatGenerationChunk } from '@langchain/core/outputs';
import { ChatOllama, type ChatOllamaCallOptions } from '@langchain/ollama';
import { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import type {
  ModelEnd,
  ModelSettings,
  TokenSink,
  TokenStreaming,
} from '../../../../domain/model.js';
import { AnswerReader } from './answer-reader.js';
import type { ChatLineSink } from '../transport/chat-attempt.js';
import { ChunkMaker } from './chunk-maker.js';
import { toOllamaMessages } from './chat-messages.js';
import type { OllamaTransport } from '../transport/ollama-transport.js';
import { onLeave, pulledLines } from './pulled-lines.js';

/** What the models of one Ollama share. */
export interface OllamaConnection {
  transport: Pick<OllamaTransport, 'chat'>;
  /** Address without credentials: LangChain shows it to callbacks. */
  publicUrl: string;
  keepAlive: string | null;
  /** Told when Ollama says that it does not have a model, so that nobody remembers it. */
  onMissing: (model: string) => void;
}

type CallOptions = ChatOllama['ParsedCallOptions'];
type RequestParams = ReturnType<ChatOllama['invocationParams']>;

/**
 * `ChatOllama` over our own transport: whatever LangChain can do with a chat model works, and every
 * request has our retries, timers, checks, errors and abort. Models are never pulled.
 */
export class OllamaChatModel extends ChatOllama implements TokenStreaming<BaseMessage> {
  private readonly connection: OllamaConnection;
  private readonly defaultStop: string[];
  private ownParams: RequestParams | undefined;

  constructor(settings: ModelSettings, connection: OllamaConnection) {
    super({
      model: settings.model,
      baseUrl: connection.publicUrl,
      temperature: settings.temperature,
      numPredict: settings.maxTokens,
      topP: settings.topP,
      numCtx: settings.numCtx,
      ...(connection.keepAlive !== null && { keepAlive: connection.keepAlive }),
      maxRetries: 0,
      checkOrPullModel: false,
      fetch: refuseFetch,
    });
    this.connection = connection;
    this.defaultStop = settings.stop;
  }

  async streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
  ): Promise<ModelEnd> {
    const reader = new AnswerReader(sink);
    await this.send(messages, null, reader, signal);
    return reader.end();
  }

  /** ChatOllama ignores a `stop` of its constructor; here it is the default of each call. */
  override invocationParams(options?: CallOptions): RequestParams {
    const stop = options?.stop ?? this.defaultStop;
    const params = super.invocationParams(options);
    if (stop.length === 0) return params;
    return { ...params, options: { ...params.options, stop } };
  }

  /** Behind `stream`: leaving its loop frees the model at once. */
  override _streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<ChatOllamaCallOptions>,
  ): AsyncGenerator<AIMessageChunk> {
    const leaving = new AbortController();
    const signals = options?.signal ? [options.signal, leaving.signal] : [leaving.signal];
    const chunks = super._streamIterator(input, { ...options, signal: AbortSignal.any(signals) });
    return onLeave(chunks, () => leaving.abort());
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: CallOptions,
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const maker = new ChunkMaker();
    const start = (sink: ChatLineSink, signal: CancelSignal) =>
      this.send(messages, options, sink, signal);
    for await (const line of pulledLines(start, options.signal)) {
      for (const chunk of maker.chunks(line)) {
        yield chunk;
        await runManager?.handleLLMNewToken(
          chunk.text,
          undefined,
          undefined,
          undefined,
          undefined,
          { chunk },
        );
      }
    }
  }

  override async *_streamChatModelEvents(
    messages: BaseMessage[],
    options: CallOptions,
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatModelStreamEvent> {
    const chunks = this._streamResponseChunks(messages, options, runManager);
    yield* convertChunksToEvents(chunks, options.signal && { signal: options.signal });
  }

  /** An estimate, four bytes a token: LangChain's own would fetch a tokenizer from the network. */
  override async getNumTokens(content: MessageContent): Promise<number> {
    return Math.ceil(Buffer.byteLength(textOf(content)) / 4);
  }

  override async pull(): Promise<void> {
    throw new Error('This service never downloads a model');
  }

  private async send(
    messages: readonly BaseMessage[],
    options: Partial<CallOptions> | null,
    sink: ChatLineSink,
    signal: CancelSignal,
  ): Promise<void> {
    const body = { messages: toOllamaMessages(messages), stream: true, ...this.params(options) };
    try {
      await this.connection.transport.chat(body, sink, signal);
    } catch (error) {
      if (error instanceof AppError && error.reason === 'model_not_found') {
        this.connection.onMissing(this.model);
      }
      throw error;
    }
  }

  /** Made once for the calls of this service, which have no options of their own. */
  private params(options: Partial<CallOptions> | null): RequestParams {
    if (options) return this.invocationParams(options);
    this.ownParams ??= JSON.parse(JSON.stringify(this.invocationParams())) as RequestParams;
    return this.ownParams;
  }
}

function textOf(content: MessageContent): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (typeof part.text === 'string' ? part.text : '')).join('');
}

/** Nothing may go around our transport. */
const refuseFetch: typeof fetch = () =>
  Promise.reject(new Error('This model sends nothing through fetch'));
