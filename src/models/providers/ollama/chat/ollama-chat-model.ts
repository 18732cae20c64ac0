import type { BaseMessage } from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import type { ModelEnd, ModelSettings, TokenSink } from '../../../../domain/model.js';
import type { ChatModel } from '../../../model-provider.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { AnswerParser } from './answer-parser.js';
import { toOllamaMessages } from './chat-messages.js';

/** Shared parts of all models of one Ollama server. */
export interface OllamaConnection {
  transport: Pick<ServerTransport, 'stream'>;
  /** Address without credentials: LangChain shows it to callbacks. */
  publicUrl: string;
  keepAlive: string | null;
  /** Called when Ollama reports that it does not have a model, so that caches drop it. */
  onMissing: (model: string) => void;
}

export interface OllamaModelSettings extends ModelSettings {
  /** Context size to request, in tokens. */
  contextTokens: number;
}

type RequestParams = ReturnType<ChatOllama['invocationParams']>;

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
      ...(connection.keepAlive !== null && { keepAlive: connection.keepAlive }),
      maxRetries: 0,
    });
    this.connection = connection;
    this.params = this.requestParams(settings.stop);
  }

  async streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
  ): Promise<ModelEnd> {
    const parser = new AnswerParser(sink);
    const body = { messages: toOllamaMessages(messages), stream: true, ...this.params };
    try {
      await this.connection.transport.stream({ path: '/api/chat', body }, parser, signal);
    } catch (error) {
      if (error instanceof AppError && error.reason === 'model_not_found') {
        this.connection.onMissing(this.model);
      }
      throw error;
    }
    return parser.end;
  }

  /** Without unset values, so that they do not have to be removed for each request. */
  private requestParams(stop: readonly string[]): RequestParams {
    const params = this.invocationParams(stop.length === 0 ? {} : { stop: [...stop] });
    return JSON.parse(JSON.stringify(params)) as RequestParams;
  }
}
