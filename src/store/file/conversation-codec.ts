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
import { decodeOutbox, encodeOutbox } from './changes/change-codec.js';
import type { Outbox } from './changes/outbox.js';
import { JsonReader } from './json-reader.js';
import { decodeSettings, encodeSettings } from './settings-codec.js';

/** Version 1 has neither branches nor settings. */
const VERSION = 2;
const OLDEST = 1;
const ROLES: readonly MessageRole[] = ['system', 'user', 'assistant', 'tool'];
const STATUSES: readonly MessageStatus[] = ['complete', 'streaming', 'cancelled', 'failed'];
const REASONS: readonly FinishReason[] = ['stop', 'length', 'tool_calls', 'cancelled'];

/** Between two messages: each has a line of its own. */
export const SEPARATOR = ',\n';
/** Behind the last message. */
export const FILE_END = '\n]}\n';

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** A message as its file has it: without its parent where that is the message before it. */
export type WrittenMessage = Omit<Message, 'parentId'> & { parentId: string | null };

/** A conversation's file besides its messages: without what its messages say. */
export type WrittenHeading = Omit<Heading, 'messageCount' | 'messageTotal'>;

export interface DecodedHeading extends WrittenHeading {
  messageTotal: number;
  outbox: Outbox | null;
}

/**
 * A conversation's file up to its messages: `id`, `title`, `created_at` and `updated_at`, and further
 * fields where they are not as by default. An active branch without messages beside others ends at the
 * top: an earlier release takes the newest message for its end.
 *
 * @param newestId its newest message, the end of the active branch by default; undefined: not known
 */
export function encodeHeading(
  heading: WrittenHeading,
  newestId: string | null | undefined,
  outbox: Outbox,
): string {
  const { ownerId, id, title, createdAt, updatedAt, activeMessageId, parameters } = heading;
  const fields = {
    version: VERSION,
    ...(ownerId === DEFAULT_OWNER ? {} : { owner: ownerId }),
    id,
    title,
    created_at: iso(createdAt),
    updated_at: iso(updatedAt),
    ...encodeSettings(heading),
    ...(parameters === null ? {} : { parameters }),
    ...(activeMessageId === newestId ? {} : { active_message_id: activeMessageId ?? id }),
    ...(outbox.changes.length === 0 ? {} : { changes: encodeOutbox(outbox) }),
    messages: [],
  };
  return `${JSON.stringify(fields).slice(0, -']}'.length)}\n`;
}

/** `role`, `content` and `timestamp`, and further fields if they are known. */
export function encodeMessage(message: WrittenMessage): string {
  const { id, clientId, parentId, role, content, createdAt, status, model, finishReason, usage } =
    message;
  const { parts, images, toolAnswer, generationId } = message;
  return JSON.stringify({
    role,
    content,
    timestamp: iso(createdAt),
    id,
    ...(clientId === null ? {} : { client_id: clientId }),
    ...(parentId === null ? {} : { parent_id: parentId }),
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
export function decodeHeading(text: string): DecodedHeading {
  const file = JsonReader.parse(text, VERSION, OLDEST);
  const ownerId = file.optional('owner') ?? DEFAULT_OWNER;
  const id = file.text('id');
  return {
    ownerId,
    id,
    title: file.text('title'),
    createdAt: file.time('created_at'),
    updatedAt: file.time('updated_at'),
    activeMessageId: file.optional('active_message_id'),
    parameters: file.optionalRecord('parameters'),
    messageTotal: file.count('messages'),
    outbox: decodeOutbox(file, 'changes', { ownerId, conversationId: id }),
    ...decodeSettings(file),
  };
}

/** The id of a message that has none in its file, at a place counted from 0. */
export function nameOf(place: number): string {
  return `message-${place + 1}`;
}

/** @param place counted from 0; names a message that has no id. */
export function decodeMessage(text: string, place: number): WrittenMessage {
  const message = JsonReader.of(text);
  const status = message.optionalOneOf('status', STATUSES) ?? 'complete';
  const usage = message.optionalObject('usage');
  return {
    id: message.optional('id') ?? nameOf(place),
    clientId: message.optional('client_id'),
    parentId: message.optional('parent_id'),
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
