/**
 * A value that is unique over all owners, of something whose id is only unique for one. No id holds
 * a NUL, so that no two of them can make the same.
 */
export function owned(ownerId: string, id: string): string {
  return `${ownerId}\u0000${id}`;
}

/** Id of the message at a place in a conversation, counted from 1. */
export function placeKey(conversation: string, seq: number): string {
  return `${conversation}\u0000${seq}`;
}
