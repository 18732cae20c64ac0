/** The generations that hold what a claim asks for; null where none does. */
export interface Holders<H> {
  idempotencyKey: H | null | undefined;
  publicId: H | null | undefined;
  conversation: H | null | undefined;
}

/** Why a claim is refused, with the generation that stands in its way. */
export interface Obstacle<H> {
  outcome: 'idempotent' | 'generation_exists' | 'conversation_busy';
  holder: H;
}

/**
 * What of a claim is taken, in the order in which it is reported: idempotency key, public id,
 * conversation. Null when none of these is; then slots are looked at.
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

/** The slot that a claim takes: the first free one, null where it asks for none, `'taken'` for all taken. */
export function slotFor(
  slots: readonly string[],
  isTaken: (slot: string) => boolean,
): { slot: string | null } | 'slots_taken' {
  if (slots.length === 0) return { slot: null };
  const slot = slots.find((candidate) => !isTaken(candidate));
  return slot === undefined ? 'slots_taken' : { slot };
}

/** More tries of a claim than there are rivals that let go again in between. */
export const MAX_CLAIM_TRIES = 50;
