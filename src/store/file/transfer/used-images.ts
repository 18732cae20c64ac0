import type { ImageReference, Message } from '../../../domain/conversation.js';
import { IMAGE_PIECE_BYTES } from '../../../domain/image.js';
import type { MovedConversation } from '../../history-transfer.js';
import type { LocalImageStore } from '../../local/local-image-store.js';
import type { LocalState } from '../../local/local-state.js';

interface Images {
  state: LocalState;
  images: LocalImageStore;
}

/** The images of a conversation that is put into a folder. */
export class UsedImages {
  /** Messages that used images before. */
  private readonly before: Set<string>;

  constructor(
    private readonly folder: Images,
    private readonly conversation: Pick<MovedConversation, 'ownerId' | 'id'>,
  ) {
    const { ownerId, id } = conversation;
    const uses = folder.state.images.usesOf(ownerId, id);
    this.before = new Set(uses.map(({ messageId }) => messageId));
  }

  async store(image: ImageReference, pieces: AsyncIterable<Buffer>): Promise<void> {
    const { ownerId } = this.conversation;
    const { images, persistence } = this.folder.state;
    if (images.image(ownerId, image.id)) return;
    // One image at a time is in memory.
    const bytes = Buffer.alloc(image.bytes);
    let end = 0;
    for await (const piece of pieces) end += piece.copy(bytes, end);
    await persistence.saveImage(ownerId, { ...image, pieces: () => piecesOf(bytes) });
    images.addImage(ownerId, image);
  }

  async use({ id: messageId, images: used }: Message): Promise<void> {
    const { ownerId, id: conversationId } = this.conversation;
    const { images, persistence } = this.folder.state;
    this.before.delete(messageId);
    for (const { id: imageId } of used ?? []) {
      if (!images.image(ownerId, imageId)) continue;
      const use = { ownerId, conversationId, messageId };
      await persistence.saveImageUse(use, imageId, { isOpen: false });
      images.addUse({ ...use, imageId, openSince: null });
    }
  }

  /** Takes the images from messages that are not there any more. */
  async releaseOthers(): Promise<void> {
    const { ownerId, id: conversationId } = this.conversation;
    for (const messageId of this.before)
      await this.folder.images.release({ ownerId, conversationId, messageId });
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += IMAGE_PIECE_BYTES)
    yield bytes.subarray(at, at + IMAGE_PIECE_BYTES);
}
