import { IMAGE_PIECE_BYTES } from '../../domain/image.js';

/** Whether an image that the owner does not have yet fits beside those that they have. */
export function fits(usedBytes: number, bytes: number, maxBytes: number): boolean {
  return usedBytes + bytes <= maxBytes;
}

/**
 * The pieces of a stored image, each read when it is asked for.
 *
 * @param read - piece number `place`, from 0; null once the image is removed
 */
export async function* readPieces(
  bytes: number,
  read: (place: number) => Promise<Buffer | null>,
): AsyncGenerator<Buffer> {
  for (let place = 0; place * IMAGE_PIECE_BYTES < bytes; place += 1) {
    const piece = await read(place);
    if (!piece) throw new Error('The image was removed while it was read');
    yield piece;
  }
}

/** What becomes of the image of a message that was put some time ago. */
export type Verdict = 'settled' | 'open' | 'left_over';

/**
 * Whether the message of a turn has come about. While a generation runs in its conversation, that
 * is open.
 */
export function verdictOn(message: { exists: boolean; isConversationBusy: boolean }): Verdict {
  if (message.exists) return 'settled';
  return message.isConversationBusy ? 'open' : 'left_over';
}
