import { messagesChanged } from './conversation-change.js';
import {
  rangeBetween,
  type ConversationChange,
  type StoredConversation,
  type StoredRange,
} from './stored-conversation.js';

/** A conversation without a message and all below it. */
export interface MessageDeletion {
  change: ConversationChange;
  /** Ids of the messages that go. */
  deleted: string[];
}

export function withoutMessage(
  stored: StoredConversation,
  id: string,
  now: number,
): MessageDeletion {
  const { heading, messages } = stored;
  const tree = messages.tree();
  const gone = tree.below(id);
  const activeMessageId = tree.endWithout(id, heading.activeMessageId);
  const system = messages.hasSystem ? 1 : 0;
  const length = activeMessageId === null ? 0 : tree.depthOf(activeMessageId);
  const changed = {
    ...heading,
    messageCount: length + system,
    messageTotal: messages.length - gone.length,
    activeMessageId,
    revision: heading.revision + 1,
  };
  const kept = rangesBetween(gone, messages.length);
  return {
    change: {
      heading: changed,
      stored: messages,
      system: null,
      kept,
      added: [],
      events: [messagesChanged(now)],
    },
    deleted: gone.flatMap((place) => tree.idAt(place) ?? []),
  };
}

/** What lies between the places that go, which ascend. */
function rangesBetween(gone: readonly number[], length: number): StoredRange[] {
  const ranges: StoredRange[] = [];
  let from = 0;
  for (const place of [...gone, length]) {
    ranges.push(...rangeBetween(from, place));
    from = place + 1;
  }
  return ranges;
}
