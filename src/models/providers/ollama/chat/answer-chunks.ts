import { randomUUID } from 'node:crypto';
import { convertChunksToEvents } from '@langchain/core/language_models/compat';
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import {
  AIMessageChunk,
  type AIMessageChunkFields,
  type StandardMessageStructure,
} from '@langchain/core/messages';
import type { ToolCallChunk } from '@langchain/core/messages/tool';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import type { GivenToolCall, ModelEnd } from '../../../../domain/model.js';
import type { Pulled } from '../../../transport/pulled-answer.js';

/** As `ChatOllama` gives them: thinking beside the content, in `reasoning_content`. */
export async function* chunksOf(
  pieces: AsyncIterable<Pulled>,
  model: string,
): AsyncGenerator<ChatGenerationChunk> {
  let calls = 0;
  for await (const piece of pieces) {
    if ('text' in piece) yield chunkOf({ content: piece.text });
    else if ('thinking' in piece) {
      const chunk = chunkOf({ content: '' });
      chunk.message.additional_kwargs = { reasoning_content: piece.thinking };
      yield chunk;
    } else if ('toolCall' in piece) {
      yield chunkOf({ content: '', tool_call_chunks: [callChunk(piece.toolCall, calls)] });
      calls += 1;
    } else yield endChunk(piece.end, model);
  }
}

/**
 * As `streamEvents` gives them: kinds that follow each other are blocks of their own. LangChain's
 * conversion knows thinking only as a block, and no reason of the end but `stop`.
 */
export async function* eventsOf(
  pieces: AsyncIterable<Pulled>,
  model: string,
): AsyncGenerator<ChatModelStreamEvent> {
  const blocks = new Blocks(model);
  for await (const event of convertChunksToEvents(blocks.chunksOf(pieces))) {
    yield event.event === 'message-finish' ? { ...event, reason: blocks.reason } : event;
  }
}

type FinishReason = NonNullable<
  Extract<ChatModelStreamEvent, { event: 'message-finish' }>['reason']
>;

/** Numbers the blocks of an answer. */
class Blocks {
  reason: FinishReason = 'stop';
  private index = -1;
  private kind: 'text' | 'reasoning' | 'call' | null = null;
  private hasCalls = false;

  constructor(private readonly model: string) {}

  async *chunksOf(pieces: AsyncIterable<Pulled>): AsyncGenerator<ChatGenerationChunk> {
    for await (const piece of pieces) yield this.chunkOf(piece);
  }

  private chunkOf(piece: Pulled): ChatGenerationChunk {
    if ('text' in piece) {
      const index = this.at('text');
      return chunkOf({ content: [{ type: 'text', text: piece.text, index }] });
    }
    if ('thinking' in piece) {
      const index = this.at('reasoning');
      const block = { type: 'reasoning', reasoning: piece.thinking, index };
      return chunkOf({ content: [block] });
    }
    if ('toolCall' in piece) {
      this.hasCalls = true;
      const call = callChunk(piece.toolCall, this.at('call'));
      return chunkOf({ content: '', tool_call_chunks: [call] });
    }
    const { finishReason } = piece.end;
    this.reason = finishReason === 'stop' && this.hasCalls ? 'tool_use' : finishReason;
    return endChunk(piece.end, this.model);
  }

  /** Each call is a block of its own. */
  private at(kind: 'text' | 'reasoning' | 'call'): number {
    if (kind !== this.kind || kind === 'call') this.index += 1;
    this.kind = kind;
    return this.index;
  }
}

type ChunkFields = AIMessageChunkFields<StandardMessageStructure>;

function chunkOf(fields: ChunkFields): ChatGenerationChunk {
  // Texts of metadata are joined when chunks are: only the last chunk names the model.
  const response_metadata = { model_provider: 'ollama', ...fields.response_metadata };
  const message = new AIMessageChunk<StandardMessageStructure>({ ...fields, response_metadata });
  return new ChatGenerationChunk({ text: message.text, message });
}

/** A call is given whole: the text of its arguments is one piece. */
function callChunk({ id, name, arguments: given }: GivenToolCall, index: number): ToolCallChunk {
  const args = JSON.stringify(given);
  return { type: 'tool_call_chunk', id: id ?? randomUUID(), name, args, index };
}

function endChunk({ finishReason, usage }: ModelEnd, model: string): ChatGenerationChunk {
  const response_metadata = { model, done: true, done_reason: finishReason };
  const fields = { content: '', response_metadata };
  if (!usage) return chunkOf(fields);
  const [input_tokens, output_tokens] = [usage.promptTokens ?? 0, usage.completionTokens ?? 0];
  const total_tokens = input_tokens + output_tokens;
  return chunkOf({ ...fields, usage_metadata: { input_tokens, output_tokens, total_tokens } });
}
