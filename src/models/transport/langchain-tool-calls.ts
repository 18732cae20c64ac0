import type { AIMessageChunk } from '@langchain/core/messages';
import type { GivenToolCall } from '../../domain/model.js';
import { ToolCallPieces } from './tool-call-pieces.js';

/** Puts the tool calls together that a LangChain model streams in pieces. */
export class StreamedToolCalls {
  private readonly pieces = new ToolCallPieces();

  add({ tool_call_chunks: pieces = [], tool_calls: whole = [] }: AIMessageChunk): void {
    for (const piece of pieces) this.pieces.add(piece);
    if (pieces.length > 0) return;
    for (const { id, name, args } of whole) {
      this.pieces.addWhole({ id, name, args: JSON.stringify(args) });
    }
  }

  /** As `ToolCallPieces.take`. */
  take(cut = false): GivenToolCall[] {
    return this.pieces.take(cut);
  }
}
