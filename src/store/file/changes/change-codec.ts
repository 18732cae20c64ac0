import { CHANGE_TYPES, CHANGED_NAMES, type ChangeEvent } from '../../../domain/change.js';
import type { GenerationStatus } from '../../../domain/generation.js';
import type { RecordedChange } from '../../local/change-run.js';
import { cursorOf, parseCursor } from '../../rules/cursor.js';
import { DamagedFileError, type JsonReader } from '../json-reader.js';
import type { Outbox } from './outbox.js';

const STATUSES: readonly GenerationStatus[] = ['running', 'completed', 'cancelled', 'failed'];

type Place = Pick<RecordedChange, 'ownerId' | 'conversationId'>;

/** Without its owner and its conversation. */
export function encodeChange({ id, time, revision, event }: RecordedChange) {
  return { id, time: new Date(time).toISOString(), revision, ...encodeEvent(event) };
}

export function decodeChange(file: JsonReader, { ownerId, conversationId }: Place): RecordedChange {
  return {
    id: file.text('id'),
    ownerId,
    conversationId,
    revision: file.number('revision'),
    time: file.time('time'),
    event: decodeEvent(file),
  };
}

export function encodeOutbox({ behind, changes }: Outbox) {
  return { behind: cursorOf(behind), list: changes.map(encodeChange) };
}

/** Null where a file has none that can be read: what else it has counts more. */
export function decodeOutbox(file: JsonReader, name: string, place: Place): Outbox | null {
  try {
    const outbox = file.optionalObject(name);
    const behind = outbox && parseCursor(outbox.text('behind'));
    if (!behind) return null;
    return { behind, changes: outbox.list('list').map((change) => decodeChange(change, place)) };
  } catch (error) {
    if (error instanceof DamagedFileError) return null;
    throw error;
  }
}

function encodeEvent(event: ChangeEvent) {
  switch (event.type) {
    case 'conversation.created':
    case 'conversation.deleted':
      return { type: event.type };
    case 'conversation.changed':
      return { type: event.type, changed: event.changed };
    case 'generation.started':
    case 'generation.ended': {
      const { type, generationId, messageId, status } = event;
      return { type, generation_id: generationId, message_id: messageId, status };
    }
  }
}

function decodeEvent(file: JsonReader): ChangeEvent {
  const type = file.oneOf('type', CHANGE_TYPES);
  switch (type) {
    case 'conversation.created':
    case 'conversation.deleted':
      return { type };
    case 'conversation.changed': {
      const written = file.optionalTexts('changed');
      return { type, changed: CHANGED_NAMES.filter((name) => written.includes(name)) };
    }
    case 'generation.started':
    case 'generation.ended':
      return {
        type,
        generationId: file.text('generation_id'),
        messageId: file.text('message_id'),
        status: file.oneOf('status', STATUSES),
      };
  }
}
