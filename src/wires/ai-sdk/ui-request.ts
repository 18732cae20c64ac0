import { ValidationPipe } from '@nestjs/common';
import { countCodePoints } from '../../common/validation/code-point-length.decorator.js';
import { cleanValues } from '../../common/validation/request-values.js';
import { fieldError, validationError } from '../../common/validation/validation-error.js';
import { UiChatRequestDto, type UiChatBody } from './dto/ui-chat-request.dto.js';

export type UiPart = Readonly<Record<string, unknown>>;

/** A message as a client sends it; of its parts only what is used is looked at. */
export interface UiMessage {
  id: string;
  role: 'system' | 'user' | 'assistant';
  parts: readonly UiPart[];
  /** Where it stands in the request, for errors. */
  field: string;
}

type UiFields = Omit<UiChatRequestDto, 'messages' | 'message'>;

/** What a client asks for: its messages, the last one at the end, and what it says beside them. */
export interface UiRequest extends UiFields {
  messages: readonly [UiMessage, ...UiMessage[]];
  isRegenerate: boolean;
  /** The message of the user that is sent again, changed; null: none. */
  editedId: string | null;
}

const ROLES = ['system', 'user', 'assistant'] as const;
const LONGEST_ID = 100;

/** The fields beside the messages; others are ignored. */
const FIELDS = [
  ...(['id', 'trigger', 'messageId', 'model', 'parameters', 'system', 'on_disconnect'] as const),
  ...(['truncation', 'tools', 'tool_choice'] as const),
] as const;

const pipe = new ValidationPipe({
  transform: true,
  whitelist: true,
  validationError: { target: true, value: false },
  exceptionFactory: validationError,
});

/** Throws `validation`. */
export async function uiRequestOf(body: UiChatBody): Promise<UiRequest> {
  const named = Object.fromEntries(FIELDS.map((name) => [name, body[name]]));
  cleanValues(named, { type: UiChatRequestDto });
  const metadata = { type: 'body', metatype: UiChatRequestDto } as const;
  const fields = (await pipe.transform(named, metadata)) as UiFields;
  const isRegenerate = fields.trigger === 'regenerate-message';
  const editedId = isRegenerate ? null : (fields.messageId ?? null);
  return { ...fields, messages: messagesOf(body), isRegenerate, editedId };
}

function messagesOf({ messages, message }: UiChatBody): UiRequest['messages'] {
  const isOne = message !== undefined && message !== null;
  const list: unknown = isOne ? [message] : messages;
  const items: unknown[] = Array.isArray(list) ? list : [];
  const [first, ...others] = items.map((item, index) =>
    messageOf(item, isOne ? 'message' : `messages[${index}]`),
  );
  if (first) return [first, ...others];
  throw fieldError('messages', 'messages must be a list with at least one message');
}

function messageOf(item: unknown, field: string): UiMessage {
  if (!isRecord(item)) throw fieldError(field, 'must be a message of the AI SDK');
  const { id, role, parts } = item;
  const known = ROLES.find((name) => name === role);
  if (typeof id !== 'string' || id === '') throw fieldError(`${field}.id`, 'id must be a string');
  if (!known) throw fieldError(`${field}.role`, 'role must be system, user or assistant');
  if (!Array.isArray(parts) || !parts.every(isRecord))
    throw fieldError(`${field}.parts`, 'parts must be a list of objects');
  return { id, role: known, parts, field };
}

/** The id of a message as it is stored. Throws `validation` for one that is too long to be. */
export function clientIdOf({ id, field }: UiMessage): string {
  if (countCodePoints(id) <= LONGEST_ID) return id;
  throw fieldError(`${field}.id`, `id must have at most ${LONGEST_ID} characters`);
}

/** The text of a message's parts. */
export function textOf({ parts }: Pick<UiMessage, 'parts'>): string {
  const texts = parts.flatMap(({ type, text }) =>
    type === 'text' && typeof text === 'string' ? text : [],
  );
  return texts.join('\n');
}

/** A tool that an answer calls, as a part of its message. */
export interface UiCall {
  id: string;
  name: string;
  input: Readonly<Record<string, unknown>>;
  /** What it gave; null: nothing yet. */
  result: { content: string; isError: boolean } | null;
  field: string;
}

/** The tool calls among some parts. */
export function callsIn(message: UiMessage, parts = message.parts): UiCall[] {
  return parts.flatMap((part): UiCall[] => {
    const name = toolNameOf(part);
    const { toolCallId, input } = part;
    if (name === null || typeof toolCallId !== 'string') return [];
    const field = `${message.field}.parts[${message.parts.indexOf(part)}]`;
    return [
      { id: toolCallId, name, input: isRecord(input) ? input : {}, result: resultOf(part), field },
    ];
  });
}

function toolNameOf({ type, toolName }: UiPart): string | null {
  if (type === 'dynamic-tool') return typeof toolName === 'string' ? toolName : null;
  return typeof type === 'string' && type.startsWith('tool-') ? type.slice('tool-'.length) : null;
}

/** What is text stays text; all else is JSON for the model. */
function resultOf({ state, output, errorText }: UiPart): UiCall['result'] {
  if (state === 'output-available') {
    const content = typeof output === 'string' ? output : JSON.stringify(output ?? null);
    return { content, isError: false };
  }
  if (state === 'output-denied')
    return { content: 'The user did not allow this call.', isError: true };
  if (state !== 'output-error') return null;
  return { content: typeof errorText === 'string' ? errorText : 'The tool failed.', isError: true };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
