import type { AIMessageChunk, BaseMessage, UsageMetadata } from '@langchain/core/messages';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import { RunnableLambda, type Runnable } from '@langchain/core/runnables';
import { toAbortSignal, type CancelSignal } from '../../domain/cancellation.js';
import type { ModelEnd, TokenSink, Vocabulary } from '../../domain/model.js';
import { usageOf } from '../../domain/usage.js';
import type { ChatModel } from '../../models/chat-models.js';
import { fitContext } from './fit-context.js';

/** What the prompt is made of: the turns before, and the message to answer. */
export interface PromptInput {
  /** System prompt first, then turns in order. */
  history: BaseMessage[];
  message: string;
}

/** What prompt and answer share, in tokens as a model with such a vocabulary counts them. */
export interface AnswerLimits {
  contextTokens: number;
  maxTokens: number;
  vocabulary: Vocabulary;
}

const TEMPLATE = ChatPromptTemplate.fromMessages<PromptInput>([
  new MessagesPlaceholder('history'),
  ['human', '{message}'],
]);

/**
 * Prompt and model of one generation. `runnable` is the whole as any LangChain code can use it
 * (`invoke`, `stream`, `batch`, callbacks); `streamTokens` gives the same answer token by token.
 */
export class AnswerChain {
  constructor(
    private readonly model: ChatModel,
    private readonly limits: AnswerLimits,
  ) {}

  get runnable(): Runnable<PromptInput, AIMessageChunk> {
    const fit = RunnableLambda.from((value: { toChatMessages(): BaseMessage[] }) =>
      this.fitted(value.toChatMessages()),
    );
    return TEMPLATE.pipe(fit).pipe(this.model);
  }

  /**
   * Pushes the answer into `sink`. A model that can push its tokens does so directly, from the same
   * template without the traced run that `invoke` makes of it (four times as long); of any other
   * LangChain model the chunks of its stream are read.
   */
  async streamTokens(input: PromptInput, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { model } = this;
    if (model.streamTokens) {
      const messages = await this.fitted(await TEMPLATE.formatMessages({ ...input }));
      signal.throwIfAborted();
      return model.streamTokens(messages, sink, signal);
    }
    return readChunks(await this.runnable.stream(input, { signal: toAbortSignal(signal) }), sink);
  }

  private fitted(messages: BaseMessage[]): Promise<BaseMessage[]> {
    const { contextTokens, maxTokens, vocabulary } = this.limits;
    return fitContext(messages, contextTokens, maxTokens, vocabulary);
  }
}

/** The part of a chunk that tells how the model ended. */
interface ChunkEnd {
  usage_metadata?: UsageMetadata | undefined;
  response_metadata: Record<string, unknown>;
}

async function readChunks(
  chunks: AsyncIterable<AIMessageChunk>,
  sink: TokenSink,
): Promise<ModelEnd> {
  let end: ModelEnd = { finishReason: 'stop', usage: null };
  for await (const chunk of chunks) {
    if (chunk.text !== '') {
      sink.token(chunk.text);
      sink.flush();
    }
    end = mergeEnd(end, chunk);
  }
  return end;
}

function mergeEnd(end: ModelEnd, chunk: ChunkEnd): ModelEnd {
  const usage = chunk.usage_metadata;
  const reason: unknown =
    chunk.response_metadata['done_reason'] ?? chunk.response_metadata['finish_reason'];
  return {
    finishReason: reason === 'length' ? 'length' : end.finishReason,
    usage: usage ? usageOf(usage.input_tokens, usage.output_tokens) : end.usage,
  };
}
