import type { Collections } from '../database/collections.js';
import type { ConversationDocument } from '../documents/conversation-document.js';
import type { GenerationDocument, TurnPlace } from '../documents/generation-document.js';

/**
 * Where a turn's messages go; null when the conversation is gone. The generation holds the
 * conversation's lock, and whoever held it before let go when its own messages were all there:
 * nobody moves the places while it looks.
 */
export async function placeOf(
  collections: Collections,
  generation: GenerationDocument,
  at: number,
): Promise<TurnPlace | null> {
  const { conversation: _id, turn } = generation;
  const [conversation, replaced] = await Promise.all([
    collections.conversations.findOne({ _id }),
    replacedPlace(collections, generation),
  ]);
  if (conversation ? isDeleted(conversation) : !turn?.newConversation) return null;
  const { turns, messageCount } = conversation ?? { turns: 0, messageCount: 0 };
  const answer = replaced ?? messageCount + newMessages(generation);
  return { turns, messageCount, answer, at };
}

export function isDeleted({ deletedAt }: ConversationDocument): boolean {
  return deletedAt !== null;
}

/** How many places a turn takes when its answer replaces no other. */
export function newMessages({ turn }: GenerationDocument): number {
  return 1 + (turn?.systemMessage ? 1 : 0) + (turn?.userMessage ? 1 : 0);
}

async function replacedPlace({ messages }: Collections, generation: GenerationDocument) {
  const id = generation.turn?.replacesMessageId ?? null;
  if (id === null) return null;
  const old = await messages.findOne({ conversation: generation.conversation, id });
  return old?.seq ?? null;
}
