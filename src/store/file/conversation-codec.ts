import type {
  FinishReason,
  Message,
  MessageRole,
  MessageStatus,
} from '../../domain/conversation.js';
import type { StoredConversation } from '../local/stored-conversation.js';
import { DamagedFileError, JsonReader } from './json-reader.js';
import { DEFAULT_OWNER } from './layout.js';

const VERSION = 1;
const ROLES: readonly MessageRole[] = ['system', 'user', 'assistant'];
const STATUSES: readonly MessageStatus[] = ['complete', 'streaming', 'cancelled', 'failed'];
const REASONS: readonly FinishReason[] = ['stop', 'length', 'cancelled'];

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/**
 * A conversation's file: `id`, `title`, `created_at`, `updated_at` and `messages` of `role`,
 * `content` and `timestamp`, beside which stands what else we know, where we know it.
 */
export function encodeConversation(conversation: StoredConversation): string {
  const { ownerId, id, title, createdAt, updatedAt, messages } = conversation;
  const file = {
    version: VERSION,
    ...(ownerId === DEFAULT_OWNER ? {} : { owner: ownerId }),
    id,
    title,
    created_at: iso(createdAt),
    updated_at: iso(updatedAt),
    messages: messages.map(encodeMessage),
  };
  return `${JSON.stringify(file)}\n`;
}

function encodeMessage(message: Message): Record<string, unknown> {
  const { id, role, content, createdAt, status, model, finishReason, usage, generationId } =
    message;
  return {
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
    ...(generationId === null ? {} : { generation_id: generationId }),
  };
}

/**
 * The conversation of a file; a plain one, as another program may have written it, is read too.
 * Throws `DamagedFileError`, or `NewerFileError` for the file of a later release.
 */
export function decodeConversation(text: string): StoredConversation {
  const file = JsonReader.parse(text, VERSION);
  const messages = file.list('messages').map(decodeMessage);
  if (new Set(messages.map(({ id }) => id)).size < messages.length)
    throw new DamagedFileError('two messages of one id');
  return {
    ownerId: file.optional('owner') ?? DEFAULT_OWNER,
    id: file.text('id'),
    title: file.text('title'),
    createdAt: file.time('created_at'),
    updatedAt: file.time('updated_at'),
    messages,
  };
}

function decodeMessage(message: JsonReader, position: number): Message {
  const status = message.optionalOneOf('status', STATUSES) ?? 'complete';
  const usage = message.optionalObject('usage');
  return {
    id: message.optional('id') ?? `message-${position + 1}`,
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
    generationId: message.optional('generation_id'),
    seq: status === 'streaming' ? 0 : null,
  };
}
