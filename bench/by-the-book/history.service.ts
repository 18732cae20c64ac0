import { InMemoryChatMessageHistory } from '@langchain/core/chat_history';
import { Injectable } from '@nestjs/common';

/** Conversations in memory. */
@Injectable()
export class HistoryService {
  private readonly conversations = new Map<string, InMemoryChatMessageHistory>();

  of(conversationId: string): InMemoryChatMessageHistory {
    const known = this.conversations.get(conversationId);
    if (known) return known;
    const history = new InMemoryChatMessageHistory();
    this.conversations.set(conversationId, history);
    return history;
  }
}
