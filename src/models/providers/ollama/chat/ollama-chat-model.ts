import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import type { BaseMessage } from '@langchain/core/messages';
import type { ChatGenerationChunk } from '@langchain/core/outputs';
import { ChatOllama, type ChatOllamaInput } from '@langchain/ollama';
import { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import { fullModelName } from '../../../../domain/model-name.js';
import type {
  ModelAsk,
  ModelEnd,
  ModelSettings,
  OutputFormat,
  Think,
  TokenSink,
} from '../../../../domain/model.js';
import type { ChatModel } from '../../../model-provider.js';
import { LongTexts } from '../../../transport/long-body.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { isSchema } from '../../../../domain/json-schema.js';
import { pulled } from '../../../transport/pulled-answer.js';
import { chunksOf, eventsOf } from './answer-chunks.js';
import { AnswerParser } from './answer-parser.js';
import { isThinkRefusal } from '../ollama-server.js';
import { toOllamaFormat } from './ollama-format.js';
import { toOllamaMessages, type OllamaMessage } from './chat-messages.js';
import { toOllamaTools } from './chat-tools.js';

/** Shared parts of all models of one Ollama server. */
export interface OllamaConnection {
  transport: Pick<ServerTransport, 'stream'>;
  /** Address without credentials: LangChain shows it to callbacks. */
  publicUrl: string;
  keepAlive: string | null;
  /** Called when Ollama reports that it does not have a model, so that caches drop it. */
  onMissing: (model: string) => void;
  /** Full names of models that refused a level of `think`: they are sent `true`. */
  withoutLevels: Set<string>;
  /** Whether `<think>` tags at the head of a text are separated. */
  thinkTags: boolean;
}

export interface OllamaModelSettings extends ModelSettings {
  /** Context size to request, in tokens. */
  contextTokens: number;
}

/** A prompt that is too long is refused, and an answer ends where the window is full: nothing is cut silently. */
const NOTHING_CUT = { truncate: false, shift: false } as const;

/** `min_p` and levels of `think` are not known to LangChain's model. */
type RequestParams = Omit<ReturnType<ChatOllama['invocationParams']>, 'think' | 'tools'> & {
  think?: Think;
};

type ChatBody = RequestParams & {
  messages: OllamaMessage[];
  stream: boolean;
  tools?: unknown[];
};

/**
 * `ChatOllama`, whose answers the service streams over its own transport: its parameters are in the
 * request, and retries, timeouts, checks, errors and abort are the transport's. LangChain's own
 * methods (`invoke`, `stream`, `bindTools`, `withStructuredOutput`) go the same way: those of
 * `ChatOllama` lose thinking, ids of calls, and one of two calls.
 */
export class OllamaChatModel extends ChatOllama implements ChatModel {
  private readonly connection: OllamaConnection;
  private readonly params: RequestParams;

  constructor(settings: OllamaModelSettings, connection: OllamaConnection) {
    super({
      model: settings.model,
      baseUrl: connection.publicUrl,
      temperature: settings.temperature,
      numPredict: settings.maxTokens,
      topP: settings.topP,
      numCtx: settings.contextTokens,
      ...samplingOf(settings),
      ...(connection.keepAlive !== null && { keepAlive: connection.keepAlive }),
      maxRetries: 0,
    });
    this.connection = connection;
    this.params = this.requestParams(settings);
  }

  async streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
    { tools, format }: ModelAsk,
  ): Promise<ModelEnd> {
    const body: ChatBody = { messages: toOllamaMessages(messages), stream: true, ...this.params };
    if (tools.length > 0) body.tools = toOllamaTools(tools);
    if (format !== null) body.format = toOllamaFormat(format);
    return this.ask(body, sink, signal);
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const body = this.bodyOf(messages, options);
    const pieces = pulled((sink, signal) => this.ask(body, sink, signal), options.signal);
    for await (const chunk of chunksOf(pieces, this.model)) {
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, {
        chunk,
      });
    }
  }

  override async *_streamChatModelEvents(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
  ): AsyncGenerator<ChatModelStreamEvent> {
    const body = this.bodyOf(messages, options);
    yield* eventsOf(
      pulled((sink, signal) => this.ask(body, sink, signal), options.signal),
      this.model,
    );
  }

  /** What a caller of LangChain's methods asks for, in the call and bound to the model. */
  private bodyOf(messages: BaseMessage[], options: this['ParsedCallOptions']): ChatBody {
    const { tools, format, options: { stop } = {} } = this.invocationParams(options);
    return {
      messages: toOllamaMessages(messages),
      stream: true,
      ...this.params,
      options: { ...this.params.options, ...(stop && { stop }) },
      ...(tools && { tools }),
      ...(isFormat(format) && { format: toOllamaFormat(format) }),
    };
  }

  private async ask(body: ChatBody, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { withoutLevels } = this.connection;
    if (isLevel(body.think) && withoutLevels.has(fullModelName(this.model))) body.think = true;
    try {
      return await this.send(body, sink, signal);
    } catch (error) {
      if (error instanceof AppError && error.reason === 'model_not_found') {
        this.connection.onMissing(this.model);
      }
      if (!isLevel(body.think) || !isThinkRefusal(error)) throw error;
      // All but one family of models know no levels, and nothing says so beforehand.
      withoutLevels.add(fullModelName(this.model));
      return this.send({ ...body, think: true }, sink, signal);
    }
  }

  private async send(body: ChatBody, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { transport, thinkTags } = this.connection;
    const parser = new AnswerParser(sink, { thinkTags });
    await transport.stream({ path: '/api/chat', ...withoutImages(body) }, parser, signal);
    return parser.end;
  }

  /** Without unset values, so that they do not have to be removed for each request. */
  private requestParams({ stop, minP, think }: OllamaModelSettings): RequestParams {
    const { options, ...params } = this.invocationParams(
      stop.length === 0 ? {} : { stop: [...stop] },
    );
    const all = {
      ...params,
      ...NOTHING_CUT,
      think: think ?? undefined,
      options: { ...options, min_p: minP },
    };
    return JSON.parse(
      JSON.stringify(all, (_, value: unknown) => value ?? undefined),
    ) as RequestParams;
  }
}

/** Images are too long to be written as JSON at once: they have marks in the body. */
function withoutImages(body: ChatBody): { body: ChatBody; long: LongTexts | null } {
  if (!body.messages.some(({ images }) => images)) return { body, long: null };
  const long = new LongTexts();
  const messages = body.messages.map((message) =>
    message.images
      ? { ...message, images: message.images.map((image) => long.add(image)) }
      : message,
  );
  return { body: { ...body, messages }, long };
}

/** What is not set is the model's own. */
function samplingOf(settings: ModelSettings): Partial<ChatOllamaInput> {
  const { seed, topK, repeatPenalty, presencePenalty, frequencyPenalty } = settings;
  return {
    ...(seed !== null && { seed }),
    ...(topK !== null && { topK }),
    ...(repeatPenalty !== null && { repeatPenalty }),
    ...(presencePenalty !== null && { presencePenalty }),
    ...(frequencyPenalty !== null && { frequencyPenalty }),
  };
}

function isFormat(format: unknown): format is OutputFormat {
  return format === 'json' || isSchema(format);
}

function isLevel(think: Think | undefined): boolean {
  return typeof think === 'string';
}
