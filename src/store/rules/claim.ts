/** The generations that hold the locks of a claim; null for a free lock. */
export interface Holders<H> {
  idempotencyKey: H | null | undefined;
  publicId: H | null | undefined;
  conversation: H | null | undefined;
}

/** Why a claim is refused, with the generation that holds the lock. */
export interface Obstacle<H> {
  outcome: 'idempotent' | 'generation_exists' | 'conversation_busy';
  holder: H;
}

/**
 * The first lock of a claim that is taken, in this order: idempotency key, public id, conversation.
 * Null if none of these is taken; then slots are checked.
 */
export function obstacleTo<H>({
  idempotencyKey,
  publicId,
  conversation,
}: Holders<H>): Obstacle<H> | null {
  if (idempotencyKey) return { outcome: 'idempotent', holder: idempotencyKey };
  if (publicId) return { outcome: 'generation_exists', holder: publicId };
  if (conversation) return { outcome: 'conversation_busy', holder: conversation };
  return null;
}

/**
 * The slot that a claim takes: the first free one, null if it needs none, `'taken'` if all are
 * taken.
 */
export function slotFor(
  slots: readonly string[],
  isTaken: (slot: string) => boolean,
): { slot: string | null } | 'slots_taken' {
  if (slots.length === 0) return { slot: null };
  const slot = slots.find((candidate) => !isTaken(candidate));
  return slot === undefined ? 'slots_taken' : { slot };
}

/** Maximum of tries of a claim; more than concurrent claims that release their locks in between. */
export const MAX_CLAIM_TRIES = 50;
