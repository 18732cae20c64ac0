import {
  argumentsOf,
  piecesOf,
  type Piece,
  type ToolCall,
  type Written,
} from '../../../domain/parts.js';
import { itemId, type ItemPlace, type ItemPrefix } from './item-ids.js';
import type {
  FunctionCallItem,
  ItemStatus,
  OutputItem,
  OutputMessageItem,
  OutputText,
  ReasoningItem,
} from './item-types.js';

/** An answer and where it is. */
export interface AnswerOfItems extends ItemPlace {
  written: Written;
  /** Of the last item; those before it are complete in any case. */
  status: ItemStatus;
}

/**
 * An answer as items, one for each of its parts, in order; an empty answer has none, as its stream has no
 * events of items.
 */
export function outputItems({ written, status, ...place }: AnswerOfItems): OutputItem[] {
  const pieces = piecesOf(written);
  return pieces.map((piece, n) =>
    outputItem(piece, place, n, n === pieces.length - 1 ? status : 'completed'),
  );
}

/** The nth item of an answer, of a part of it. */
export function outputItem(
  piece: Piece,
  place: ItemPlace,
  n: number,
  status: ItemStatus,
): OutputItem {
  const id = itemId(prefixOf(piece), place, n);
  if (typeof piece === 'string') return outputMessage(id, piece, status);
  if ('thinking' in piece) return reasoning(id, piece.thinking, status);
  return functionCall(id, piece.toolCall, status);
}

/** How the id of the item of such a piece begins. */
export function prefixOf(piece: Piece): Exclude<ItemPrefix, 'fco'> {
  if (typeof piece === 'string') return 'msg';
  return 'thinking' in piece ? 'rs' : 'fc';
}

export function reasoning(id: string, text: string, status: ItemStatus): ReasoningItem {
  return { id, type: 'reasoning', summary: [{ type: 'summary_text', text }], status };
}

export function outputMessage(id: string, text: string, status: ItemStatus): OutputMessageItem {
  return { id, type: 'message', role: 'assistant', status, content: [outputText(text)] };
}

export function outputText(text: string): OutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export function functionCall(id: string, call: ToolCall, status: ItemStatus): FunctionCallItem {
  const { id: call_id, name } = call;
  return { id, type: 'function_call', call_id, name, arguments: argumentsOf(call), status };
}
