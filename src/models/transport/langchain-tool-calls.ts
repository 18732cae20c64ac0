import type { AIMessageChunk } from '@langchain/core/messages';
import type { GivenToolCall } from '../../domain/model.js';
import { parseRecord } from './json.js';
import { unusable } from './server-failure.js';

/** A call of which further pieces may come. */
interface OpenCall {
  index: number | undefined;
  id: string;
  name: string;
  args: string;
}

/** A piece of a tool call: its arguments are a part of a JSON text. */
type CallPiece = NonNullable<AIMessageChunk['tool_call_chunks']>[number];

/** Puts the tool calls together that a LangChain model streams in pieces. */
export class StreamedToolCalls {
  private open: OpenCall[] = [];

  add({ tool_call_chunks: pieces = [], tool_calls: whole = [] }: AIMessageChunk): void {
    for (const piece of pieces) this.addPiece(piece);
    if (pieces.length > 0) return;
    for (const { id = '', name, args } of whole) {
      this.open.push({ index: undefined, id, name, args: JSON.stringify(args) });
    }
  }

  /**
   * The calls so far, when all their pieces have come.
   *
   * @param cut whether the answer was cut: then a call that is not whole is none
   * @throws ServerFailure `unusable` for a call without a name or with arguments that are no JSON object
   */
  take(cut = false): GivenToolCall[] {
    const calls = this.open.map(wholeCall);
    this.open = [];
    const usable = calls.filter((call) => call !== null);
    if (usable.length < calls.length && !cut) throw unusable('A tool call cannot be read');
    return usable;
  }

  private addPiece(piece: CallPiece): void {
    const { index, id = '', name = '', args = '' } = piece;
    const call = this.open.findLast((known) => continues(piece, known));
    if (!call) {
      this.open.push({ index, id, name, args });
      return;
    }
    call.id ||= id;
    call.name += name;
    call.args += args;
  }
}

/** Some clients give each whole call of an answer the same index, with an id of its own. */
function continues({ index, id = '', name = '' }: CallPiece, call: OpenCall): boolean {
  if (id !== '' && call.id !== '' && id !== call.id) return false;
  return index === undefined ? id === '' && name === '' : index === call.index;
}

function wholeCall({ id, name, args }: OpenCall): GivenToolCall | null {
  const given = parseRecord(args === '' ? '{}' : args);
  if (name === '' || given === null) return null;
  return { id: id === '' ? null : id, name, arguments: given };
}
