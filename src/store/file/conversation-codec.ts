import type {
  FinishReason,
  ImageReference,
  Message,
  MessageRole,
  MessageStatus,
  ToolAnswer,
} from '../../domain/conversation.js';
import { DEFAULT_OWNER } from '../../domain/owner.js';
import type { Heading } from '../local/stored-conversation.js';
import { JsonReader } from './json-reader.js';

const VERSION = 1;
const ROLES: readonly MessageRole[] = ['system', 'user', 'assistant', 'tool'];
const STATUSES: readonly MessageStatus[] = ['complete', 'streaming', 'cancelled', 'failed'];
const REASONS: readonly FinishReason[] = ['stop', 'length', 'tool_calls', 'cancelled'];

/** Between two messages: each has a line of its own. */
export const SEPARATOR = ',\n';
/** Behind the last message. */
export const FILE_END = '\n]}\n';

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** A conversation's file up to its messages: `id`, `title`, `created_at` and `updated_at`. */
export function encodeHeading({ ownerId, id, title, createdAt, updatedAt }: Heading): string {
  const heading = {
    version: VERSION,
    ...(ownerId === DEFAULT_OWNER ? {} : { owner: ownerId }),
    id,
    title,
    created_at: iso(createdAt),
    updated_at: iso(updatedAt),
    messages: [],
  };
  return `${JSON.stringify(heading).slice(0, -']}'.length)}\n`;
}

/** `role`, `content` and `timestamp`, and further fields if they are known. */
export function encodeMessage(message: Message): string {
  const { id, role, content, createdAt, status, model, finishReason, usage } = message;
  const { parts, images, toolAnswer, generationId } = message;
  return JSON.stringify({
    role,
    content,
    timestamp: iso(createdAt),
    id,
    status,
    ...(model === null ? {} : { model }),
    ...(finishReason === null ? {} : { finish_reason: finishReason }),
    ...(usage === null
      ? {}
      : {
          usage: {
            prompt_tokens: usage.promptTokens,
            completion_tokens: usage.completionTokens,
          },
        }),
    ...(parts === null ? {} : { parts }),
    ...(images === null ? {} : { images: images.map(encodeImage) }),
    ...(toolAnswer === null ? {} : encodeToolAnswer(toolAnswer)),
    ...(generationId === null ? {} : { generation_id: generationId }),
  });
}

function encodeImage({ id, mediaType, bytes }: ImageReference) {
  return { id, media_type: mediaType, bytes };
}

function decodeImage(image: JsonReader): ImageReference {
  return {
    id: image.text('id'),
    mediaType: image.text('media_type'),
    bytes: image.number('bytes'),
  };
}

function encodeToolAnswer({ callId, isError }: ToolAnswer) {
  return { tool_call_id: callId, ...(isError && { is_error: true }) };
}

function decodeToolAnswer(message: JsonReader): ToolAnswer | null {
  const callId = message.optional('tool_call_id');
  return callId === null ? null : { callId, isError: message.flag('is_error') };
}

/**
 * The fields of a file besides its messages, and the number of messages; a plain file of another
 * program can be read too. Throws `DamagedFileError`, or `NewerFileError` for the file of a later
 * release.
 *
 * @param text the file, with anything in the place of each message
 */
export function decodeHeading(text: string): Heading & { messageCount: number } {
  const file = JsonReader.parse(text, VERSION);
  return {
    ownerId: file.optional('owner') ?? DEFAULT_OWNER,
    id: file.text('id'),
    title: file.text('title'),
    createdAt: file.time('created_at'),
    updatedAt: file.time('updated_at'),
    messageCount: file.count('messages'),
  };
}

/** @param place counted from 0; names a message that has no id. */
export function decodeMessage(text: string, place: number): Message {
  const message = JsonReader.of(text);
  const status = message.optionalOneOf('status', STATUSES) ?? 'complete';
  const usage = message.optionalObject('usage');
  return {
    id: message.optional('id') ?? `message-${place + 1}`,
    role: message.oneOf('role', ROLES),
    content: message.text('content'),
    createdAt: message.time('timestamp'),
    status,
    model: message.optional('model'),
    finishReason: message.optionalOneOf('finish_reason', REASONS),
    usage: usage && {
      promptTokens: usage.optionalNumber('prompt_tokens'),
      completionTokens: usage.optionalNumber('completion_tokens'),
    },
    parts: message.optionalParts('parts'),
    images: message.optionalList('images')?.map(decodeImage) ?? null,
    toolAnswer: decodeToolAnswer(message),
    generationId: message.optional('generation_id'),
    seq: status === 'streaming' ? 0 : null,
  };
}
