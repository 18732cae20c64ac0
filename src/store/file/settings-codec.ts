import type { ForkOrigin, TitleSource } from '../../domain/conversation.js';
import type { IndexEntry } from '../local/conversation-index.js';
import type { JsonReader } from './json-reader.js';

const SOURCES: readonly TitleSource[] = ['message', 'model', 'user'];

/** What a conversation's file and its entry in the index say in the same way. */
type Settings = Pick<
  IndexEntry,
  | 'chatId'
  | 'titleBy'
  | 'revision'
  | 'model'
  | 'tags'
  | 'pinned'
  | 'archived'
  | 'forkedFrom'
  | 'disposable'
  | 'metadata'
>;

/** The fields of what is not as it is by default. */
export function encodeSettings(settings: Settings): Record<string, unknown> {
  const { chatId, titleBy, revision, model, tags, pinned, archived, forkedFrom } = settings;
  const { disposable, metadata } = settings;
  return {
    ...(chatId === null ? {} : { chat_id: chatId }),
    ...(titleBy === 'message' ? {} : { title_by: titleBy }),
    ...(revision === 1 ? {} : { revision }),
    ...(model === null ? {} : { model }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(pinned && { pinned }),
    ...(archived && { archived }),
    ...(forkedFrom === null ? {} : { forked_from: encodeOrigin(forkedFrom) }),
    ...(disposable && { disposable }),
    ...(metadata === null ? {} : { metadata }),
  };
}

export function decodeSettings(file: JsonReader): Settings {
  const origin = file.optionalObject('forked_from');
  return {
    chatId: file.optional('chat_id'),
    titleBy: file.optionalOneOf('title_by', SOURCES) ?? 'message',
    revision: file.optionalNumber('revision') ?? 1,
    model: file.optional('model'),
    tags: file.optionalTexts('tags'),
    pinned: file.flag('pinned'),
    archived: file.flag('archived'),
    forkedFrom: origin && decodeOrigin(origin),
    disposable: file.flag('disposable'),
    metadata: file.optionalTextsByName('metadata'),
  };
}

function encodeOrigin({ conversationId, messageId }: ForkOrigin) {
  return {
    conversation_id: conversationId,
    ...(messageId === null ? {} : { message_id: messageId }),
  };
}

function decodeOrigin(origin: JsonReader): ForkOrigin {
  return {
    conversationId: origin.text('conversation_id'),
    messageId: origin.optional('message_id'),
  };
}
