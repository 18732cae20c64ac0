import type { ChangedName } from '../../domain/change.js';
import type { ConversationUpdate } from '../conversation-store.js';

/** The names that an update can name, in the order of the feed. */
const NAMES: readonly (readonly [keyof ConversationUpdate, ChangedName])[] = [
  ['title', 'title'],
  ['system', 'system'],
  ['model', 'model'],
  ['parameters', 'parameters'],
  ['tags', 'tags'],
  ['pinned', 'pinned'],
  ['archived', 'archived'],
  ['activeMessageId', 'active_message_id'],
];

/** What an update changes, by the names of the API. */
export function changedNames(update: ConversationUpdate): ChangedName[] {
  return NAMES.flatMap(([key, name]) => (update[key] === undefined ? [] : name));
}
