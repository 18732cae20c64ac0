import type { MessageRole, ToolAnswer } from '../../../domain/conversation.js';
import { written, type AnswerParts, type Piece, type ToolCall } from '../../../domain/parts.js';
import {
  fieldOf,
  listOf,
  objectOf,
  objectsOf,
  textOf,
  wrong,
  type Field,
  type Fields,
} from './fields.js';

/** A message of a client, in the order sent. */
export interface ReadMessage {
  role: MessageRole;
  content: string;
  /** Of an answer that is more than text. */
  parts: AnswerParts | null;
  /** Base64, not looked at yet. */
  images: readonly Field[];
  /** Of role `tool`. */
  toolAnswer: ToolAnswer | null;
}

const ROLES: readonly string[] = ['system', 'user', 'assistant', 'tool'] satisfies MessageRole[];

export function textMessage(role: MessageRole, content: string): ReadMessage {
  return { role, content, parts: null, images: [], toolAnswer: null };
}

/** Throws `validation` for the first that is wrong. */
export function readMessages(field: Field): ReadMessage[] {
  const calls = new OpenCalls();
  return objectsOf(field).map(({ fields, path }) => readMessage(fields, path, calls));
}

function readMessage(fields: Fields, path: string, calls: OpenCalls): ReadMessage {
  const role = roleOf(fieldOf(fields, 'role', path));
  const content = textOf(fieldOf(fields, 'content', path)) ?? '';
  const images = listOf(fieldOf(fields, 'images', path));
  if (images.length > 0 && role !== 'user')
    throw wrong({ path: `${path}.images` }, 'can only be given with a message of role user');
  const plain = { ...textMessage(role, content), images };
  if (role === 'tool') return { ...plain, toolAnswer: calls.answer(fields, path) };
  if (role === 'assistant') return { ...plain, parts: partsOf(fields, content, path, calls) };
  return plain;
}

/** Ollama does not mind its case. */
function roleOf(field: Field): MessageRole {
  const role = textOf(field)?.toLowerCase() ?? '';
  if (!isRole(role)) throw wrong(field, 'must be system, user, assistant or tool');
  return role;
}

function isRole(role: string): role is MessageRole {
  return ROLES.includes(role);
}

function partsOf(
  fields: Fields,
  content: string,
  path: string,
  calls: OpenCalls,
): AnswerParts | null {
  const thinking = textOf(fieldOf(fields, 'thinking', path)) ?? '';
  const given = objectsOf(fieldOf(fields, 'tool_calls', path));
  const pieces: Piece[] = [
    ...(thinking === '' ? [] : [{ thinking }]),
    ...(content === '' ? [] : [content]),
    ...calls.open(given.map((call) => readCall(call.fields, call.path))),
  ];
  return written(pieces).parts;
}

type ReadCall = Omit<ToolCall, 'id'> & { id: string | null };

function readCall(fields: Fields, path: string): ReadCall {
  const described = fieldOf(fields, 'function', path);
  const call = objectOf(described) ?? {};
  const name = textOf(fieldOf(call, 'name', described.path)) ?? '';
  if (name === '') throw wrong({ path: `${described.path}.name` }, 'is required');
  const id = textOf(fieldOf(fields, 'id', path));
  return { id, name, arguments: objectOf(fieldOf(call, 'arguments', described.path)) ?? {} };
}

/**
 * Says which call a result belongs to. Clients name it by its id, by its tool, or not at all: then it is
 * the first that has no result yet. One of a call that the client has left out keeps the id it came with.
 */
class OpenCalls {
  private waiting: ToolCall[] = [];
  private readonly used = new Set<string>();

  open(calls: readonly ReadCall[]): { toolCall: ToolCall }[] {
    this.waiting = calls.map((call) => ({ ...call, id: this.idFor(call.id) }));
    return this.waiting.map((toolCall) => ({ toolCall }));
  }

  answer(fields: Fields, path: string): ToolAnswer {
    const id = textOf(fieldOf(fields, 'tool_call_id', path)) ?? '';
    const tool = textOf(fieldOf(fields, 'tool_name', path));
    const { waiting } = this;
    const call =
      waiting.find((each) => each.id === id) ??
      waiting.find(({ name }) => name === tool) ??
      waiting[0];
    this.waiting = waiting.filter((each) => each !== call);
    return { callId: call?.id ?? id, isError: false };
  }

  private idFor(given: string | null): string {
    const id = given === null || given === '' || this.used.has(given) ? this.made() : given;
    this.used.add(id);
    return id;
  }

  private made(): string {
    let number = this.used.size + 1;
    while (this.used.has(`call_${String(number)}`)) number += 1;
    return `call_${String(number)}`;
  }
}
