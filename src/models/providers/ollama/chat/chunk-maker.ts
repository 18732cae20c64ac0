import { randomUUID } from 'node:crypto';
import { AIMessageChunk, type StandardMessageStructure } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { endOf } from './answer-reader.js';
import type {
  OllamaAnswerMessage,
  OllamaChatLine,
  OllamaToolCall,
} from '../transport/chat-line.js';
import { WholeText } from './whole-text.js';

const PROVIDER = { model_provider: 'ollama' };

/** LangChain's chunks of one answer, with the same text as AnswerReader gives. */
export class ChunkMaker {
  private readonly whole = new WholeText();
  private toolCalls = 0;

  chunks(line: OllamaChatLine): ChatGenerationChunk[] {
    const chunks = line.message ? [this.ofMessage(line.message)] : [];
    return line.done === true ? [...chunks, this.last(line)] : chunks;
  }

  private ofMessage(message: OllamaAnswerMessage): ChatGenerationChunk {
    const text = this.whole.take(message.content ?? '');
    return new ChatGenerationChunk({
      text,
      message: new AIMessageChunk({
        content: text,
        additional_kwargs: message.thinking ? { reasoning_content: message.thinking } : {},
        tool_call_chunks: (message.tool_calls ?? []).map((call) => this.ofToolCall(call)),
        response_metadata: PROVIDER,
      }),
    });
  }

  /** Ollama gives each call whole: it has an index of its own, and nothing is joined to it. */
  private ofToolCall(call: OllamaToolCall) {
    return {
      name: call.function.name,
      args: JSON.stringify(call.function.arguments ?? {}),
      type: 'tool_call_chunk' as const,
      index: this.toolCalls++,
      id: randomUUID(),
    };
  }

  private last(line: OllamaChatLine): ChatGenerationChunk {
    const metadata: Record<string, unknown> = { ...line, ...PROVIDER };
    delete metadata.message;
    const { usage } = endOf(line);
    const text = this.whole.rest();
    const message = new AIMessageChunk<StandardMessageStructure>({
      content: text,
      response_metadata: metadata,
    });
    if (usage) {
      const { promptTokens, completionTokens } = usage;
      // LangChain knows no count that is not there.
      const [input, output] = [promptTokens ?? 0, completionTokens ?? 0];
      message.usage_metadata = {
        input_tokens: input,
        output_tokens: output,
        total_tokens: input + output,
      };
    }
    return new ChatGenerationChunk({ text, message });
  }
}
