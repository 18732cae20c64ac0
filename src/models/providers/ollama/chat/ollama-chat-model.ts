import type { BaseMessage } from '@langchain/core/messages';
import { ChatOllama, type ChatOllamaInput } from '@langchain/ollama';
import { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import { fullModelName } from '../../../../domain/model-name.js';
import type {
  ModelAsk,
  ModelEnd,
  ModelSettings,
  Think,
  TokenSink,
} from '../../../../domain/model.js';
import type { ChatModel } from '../../../model-provider.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { AnswerParser } from './answer-parser.js';
import { isThinkRefusal } from '../ollama-server.js';
import { toOllamaMessages, type OllamaMessage } from './chat-messages.js';
import { toOllamaTools, type OllamaTool } from './chat-tools.js';

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

/** `min_p` and levels of `think` are not known to LangChain's model. */
type RequestParams = Omit<ReturnType<ChatOllama['invocationParams']>, 'think' | 'tools'> & {
  think?: Think;
};

type ChatBody = RequestParams & {
  messages: OllamaMessage[];
  stream: boolean;
  tools?: OllamaTool[];
};

/**
 * `ChatOllama`, whose answers the service streams over its own transport: its parameters are in the
 * request, and retries, timeouts, checks, errors and abort are the transport's. LangChain's own
 * methods (`invoke`, `stream`) are inherited and go through `fetch`, without any of that.
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
    { tools }: ModelAsk,
  ): Promise<ModelEnd> {
    const body: ChatBody = { messages: toOllamaMessages(messages), stream: true, ...this.params };
    if (tools.length > 0) body.tools = toOllamaTools(tools);
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
    await transport.stream({ path: '/api/chat', body }, parser, signal);
    return parser.end;
  }

  /** Without unset values, so that they do not have to be removed for each request. */
  private requestParams({ stop, minP, think }: OllamaModelSettings): RequestParams {
    const { options, ...params } = this.invocationParams(
      stop.length === 0 ? {} : { stop: [...stop] },
    );
    const all = { ...params, think: think ?? undefined, options: { ...options, min_p: minP } };
    return JSON.parse(
      JSON.stringify(all, (_, value: unknown) => value ?? undefined),
    ) as RequestParams;
  }
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

function isLevel(think: Think | undefined): boolean {
  return typeof think === 'string';
}
