import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { BaseMessage } from '@langchain/core/messages';
import type { ModelSettings, TokenStreaming } from '../domain/model.js';

/** A LangChain chat model; one with `streamTokens` gives its tokens without the cost of chunks. */
export type ChatModel = BaseChatModel & Partial<TokenStreaming<BaseMessage>>;

/**
 * The LangChain chat models of generations. Two generations may be given the same instance: aborting
 * one must not touch the other, as it would with a plain `ChatOllama`.
 */
export abstract class ChatModels {
  abstract create(settings: ModelSettings): ChatModel;
}
