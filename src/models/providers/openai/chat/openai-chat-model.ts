import type { BaseMessage } from '@langchain/core/messages';
import { ChatOpenAICompletions, type OpenAIClient } from '@langchain/openai';
import { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import type { ModelAsk, ModelEnd, ModelSettings, TokenSink } from '../../../../domain/model.js';
import type { ChatModel } from '../../../model-provider.js';
import { LongTexts } from '../../../transport/long-body.js';
import { pulled } from '../../../transport/pulled-answer.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { isThinkRefusal } from '../openai-server.js';
import { askFields } from './chat-ask.js';
import { haveImages, toOpenAiMessages } from './chat-messages.js';
import { chunksOf, completionOf } from './completion-chunks.js';
import { CompletionParser } from './completion-parser.js';
import type { ThinkRefusals } from './think-refusals.js';

type Streamed = OpenAIClient.Chat.ChatCompletionCreateParamsStreaming;
type Whole = OpenAIClient.Chat.ChatCompletionCreateParamsNonStreaming;
type Chunks = AsyncIterable<OpenAIClient.Chat.ChatCompletionChunk>;
type Completion = OpenAIClient.Chat.ChatCompletion;

/** Shared parts of all models of one server. */
export interface OpenAiConnection {
  transport: Pick<ServerTransport, 'stream'>;
  /** Whether `<think>` tags at the head of a text are separated. */
  thinkTags: boolean;
  refusals: ThinkRefusals;
  /** Called when the server reports that it does not have a model. */
  onMissing: () => void;
}

type ChatBody = { model: string } & Record<string, unknown>;

/** LangChain's client is never made; without a key its model throws, or takes one of the environment. */
const NO_KEY = 'sent by the transport';
const STREAMED = { stream: true, stream_options: { include_usage: true } } as const;

/**
 * LangChain's model of OpenAI's chat API, whose answers come over the service's own transport: the service
 * takes its tokens directly, and LangChain's own methods (`invoke`, `stream`, `bindTools`,
 * `withStructuredOutput`) get them as the completions that they would fetch.
 */
export class OpenAiChatModel extends ChatOpenAICompletions implements ChatModel {
  private readonly params: ChatBody;

  constructor(
    private readonly settings: ModelSettings,
    private readonly connection: OpenAiConnection,
  ) {
    const { model, temperature, topP, maxTokens, stop } = settings;
    super({
      ...{ model, temperature, topP, maxTokens },
      ...(stop.length > 0 && { stop: [...stop] }),
      modelKwargs: samplingOf(settings),
      apiKey: NO_KEY,
      maxRetries: 0,
    });
    const params: unknown = this.invocationParams({}, { streaming: true });
    // Without unset values, so that they do not have to be removed for each request.
    this.params = JSON.parse(JSON.stringify(params)) as ChatBody;
  }

  async streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
    ask: ModelAsk,
  ): Promise<ModelEnd> {
    const long = new LongTexts();
    const body = {
      ...this.params,
      ...STREAMED,
      messages: toOpenAiMessages(messages, long),
      ...askFields(ask),
    };
    return this.ask({ body, long: haveImages(messages) ? long : null }, sink, signal);
  }

  override completionWithRetry(request: Streamed, options?: RequestOptions): Promise<Chunks>;
  override completionWithRetry(request: Whole, options?: RequestOptions): Promise<Completion>;
  override async completionWithRetry(
    request: Streamed | Whole,
    { signal }: RequestOptions = {},
  ): Promise<Chunks | Completion> {
    const body: ChatBody = { ...request, ...STREAMED };
    const pieces = pulled(
      (sink, stop) => this.ask({ body, long: null }, sink, stop),
      signal ?? undefined,
    );
    const chunks = chunksOf(pieces, this.model);
    return request.stream === true ? chunks : completionOf(chunks, this.model);
  }

  private async ask(
    request: ChatRequest,
    sink: TokenSink,
    signal: CancelSignal,
  ): Promise<ModelEnd> {
    const { refusals, onMissing } = this.connection;
    const { think } = this.settings;
    try {
      return await this.send(request, sink, signal);
    } catch (error) {
      if (error instanceof AppError && error.reason === 'model_not_found') onMissing();
      if (!isThinkRefusal(error) || !refusals.note(this.model, think)) throw error;
      return this.send(request, sink, signal);
    }
  }

  private async send(
    { body, long }: ChatRequest,
    sink: TokenSink,
    signal: CancelSignal,
  ): Promise<ModelEnd> {
    const { transport, thinkTags, refusals } = this.connection;
    const parser = new CompletionParser(sink, { thinkTags });
    const whole = { ...body, ...refusals.fieldsOf(this.model, this.settings.think) };
    await transport.stream({ path: '/chat/completions', body: whole, long }, parser, signal);
    return parser.end;
  }
}

type RequestOptions = OpenAIClient.RequestOptions;

interface ChatRequest {
  body: ChatBody;
  long: LongTexts | null;
}

/** What is not set is the model's own. The servers have two names for the penalty of repetitions. */
function samplingOf(settings: ModelSettings): Record<string, number> {
  const { seed, topK, minP, repeatPenalty, presencePenalty, frequencyPenalty } = settings;
  return {
    ...(seed !== null && { seed }),
    ...(topK !== null && { top_k: topK }),
    ...(minP !== null && { min_p: minP }),
    ...(repeatPenalty !== null && {
      repeat_penalty: repeatPenalty,
      repetition_penalty: repeatPenalty,
    }),
    ...(presencePenalty !== null && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== null && { frequency_penalty: frequencyPenalty }),
  };
}
