import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { Injectable } from '@nestjs/common';
import type { ChatDto } from './chat.dto.js';
import { HistoryService } from './history.service.js';

const DEFAULT_MODEL = 'llama2';

/** Talks to the model, and remembers what was said. */
@Injectable()
export class ChatService {
  private readonly models = new Map<string, ChatOllama>();

  constructor(private readonly history: HistoryService) {}

  async *stream(
    { message, model = DEFAULT_MODEL }: ChatDto,
    conversationId: string,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const history = this.history.of(conversationId);
    await history.addMessage(new HumanMessage(message));
    const chunks = await this.model(model).stream(await history.getMessages(), { signal });
    let answer = '';
    for await (const chunk of chunks) {
      if (chunk.text === '') continue;
      answer += chunk.text;
      yield chunk.text;
    }
    await history.addMessage(new AIMessage(answer));
  }

  async answer(dto: ChatDto, conversationId: string, signal: AbortSignal): Promise<string> {
    let answer = '';
    for await (const token of this.stream(dto, conversationId, signal)) answer += token;
    return answer;
  }

  /** One instance a model, as tutorials inject one. */
  private model(name: string): ChatOllama {
    const known = this.models.get(name);
    if (known) return known;
    const baseUrl = process.env['OLLAMA_BASE_URL'] ?? 'http://localhost:11434';
    const made = new ChatOllama({ baseUrl, model: name, temperature: 0.7 });
    this.models.set(name, made);
    return made;
  }
}
