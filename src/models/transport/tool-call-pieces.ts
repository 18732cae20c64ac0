import type { GivenToolCall } from '../../domain/model.js';
import { parseRecord } from './json.js';
import { unusable } from './server-failure.js';

/** A piece of a tool call: its arguments are a part of a JSON text. */
export interface CallPiece {
  index?: number | undefined;
  id?: string | undefined;
  name?: string | undefined;
  args?: string | undefined;
}

/** A call of which further pieces may come. */
interface OpenCall {
  index: number | undefined;
  id: string;
  name: string;
  args: string;
}

/** Puts the tool calls together that a model server streams in pieces. */
export class ToolCallPieces {
  private open: OpenCall[] = [];

  get isEmpty(): boolean {
    return this.open.length === 0;
  }

  add(piece: CallPiece): void {
    const { index, id = '', name = '', args = '' } = piece;
    const call = this.open.findLast((known) => continues(piece, known));
    if (!call) {
      this.open.push({ index, id, name, args });
      return;
    }
    call.id ||= id;
    // Some servers repeat the name with each piece.
    if (name !== call.name) call.name += name;
    call.args += args;
  }

  /** A call that was given at once. */
  addWhole(call: { id?: string | undefined; name: string; args: string }): void {
    this.open.push({ index: undefined, id: call.id ?? '', name: call.name, args: call.args });
  }

  /**
   * The calls so far, when all their pieces have come.
   *
   * @param cut whether the answer was cut: then a call that is not whole is none
   * @throws ServerFailure `unusable` for a call without a name
   */
  take(cut = false): GivenToolCall[] {
    if (this.open.length === 0) return [];
    const calls = this.open.map(wholeCall);
    this.open = [];
    const whole = calls.filter((call) => !cut || (call.name !== '' && call.arguments !== null));
    if (whole.some(({ name }) => name === '')) throw unusable('A tool call has no name');
    return whole;
  }
}

/** Some clients give each whole call of an answer the same index, with an id of its own. */
function continues({ index, id = '', name = '' }: CallPiece, call: OpenCall): boolean {
  if (id !== '' && call.id !== '' && id !== call.id) return false;
  return index === undefined ? id === '' && name === '' : index === call.index;
}

function wholeCall({ id, name, args }: OpenCall): GivenToolCall {
  const base = { id: id === '' ? null : id, name };
  const given = parseRecord(args.trim() === '' ? '{}' : args);
  return given ? { ...base, arguments: given } : { ...base, arguments: null, argumentsText: args };
}
