import { messageAt, type Message } from '../../domain/conversation.js';
import type { Fork } from '../conversation-store.js';
import { emptyConversation } from './new-conversation.js';
import type { Heading } from './stored-conversation.js';

/** The branch that is copied. */
export interface ForkedBranch {
  source: Heading;
  hasSystem: boolean;
  /** Its end; null if it has no message but the system prompt. */
  endId: string | null;
  /** Ids of the copies, in order, of the system prompt too. */
  ids: readonly string[];
}

export function forkedHeading(
  { source, endId, ids }: ForkedBranch,
  { id, createdAt, disposable = false }: Fork,
): Heading {
  const { ownerId, title } = source;
  const { heading } = emptyConversation(ownerId, {
    ...{ id, title, createdAt, disposable },
    chatId: null,
  });
  return {
    ...heading,
    titleBy: source.titleBy,
    messageCount: ids.length,
    messageTotal: ids.length,
    activeMessageId: endId === null ? null : (ids.at(-1) ?? null),
    revision: 1,
    model: source.model,
    parameters: source.parameters,
    tags: source.tags,
    forkedFrom: { conversationId: source.id, messageId: endId },
  };
}

/** The copies of a branch's messages, page by page. */
export async function* copies(
  pages: AsyncIterable<readonly Message[]>,
  { ids, hasSystem }: ForkedBranch,
  conversationId: string,
): AsyncGenerator<Message[]> {
  let place = 0;
  for await (const page of pages) {
    yield page.map((message) => {
      const follows = place > (hasSystem ? 1 : 0) ? ids[place - 1] : conversationId;
      const copy = messageAt(message, {
        id: ids[place] ?? '',
        parentId: follows ?? conversationId,
        generationId: null,
      });
      place += 1;
      return copy;
    });
  }
  if (place !== ids.length) throw new Error('The conversation was changed while it was copied');
}
