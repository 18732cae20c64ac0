import type { Collections } from '../database/collections.js';

/** Public ids of the generations that run in these conversations, by conversation. */
export async function activeIn(
  { generations }: Collections,
  conversations: readonly string[],
): Promise<Map<string, string>> {
  const running = await generations
    .find({ conversationLock: { $in: [...conversations] } })
    .project<{ id: string; conversation: string }>({ id: 1, conversation: 1 })
    .toArray();
  return new Map(running.map(({ id, conversation }) => [conversation, id]));
}
