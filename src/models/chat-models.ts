import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import type { ModelSettings, TokenStreaming } from '../domain/model.js';

/** A LangChain chat model; one with `streamTokens` gives its tokens without the cost of chunks. */
export type ChatModel = BaseChatModel & Partial<TokenStreaming<BaseMessage>>;

/**
 * Makes the LangChain chat model of one generation. An instance is never shared: aborting one
 * request on a shared `ChatOllama` ends its siblings.
 */
export abstract class ChatModels {
  abstract create(settings: ModelSettings): ChatModel;
}
