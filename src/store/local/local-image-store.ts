import { IMAGE_PIECE_BYTES, type ImageReading, type NewImage } from '../../domain/image.js';
import { ImageStore, type ImageUse } from '../image-store.js';
import { fits, readPieces, verdictOn } from '../rules/images.js';
import type { UseEntry } from './image-index.js';
import type { LocalState } from './local-state.js';

/** The images of a store of one process. Changes of one owner's images come one after the other. */
export class LocalImageStore extends ImageStore {
  constructor(private readonly state: LocalState) {
    super();
  }

  async put(use: ImageUse, image: NewImage, maxBytes: number): Promise<'stored' | 'full'> {
    const { ownerId } = use;
    return this.state.inImagesOf(ownerId, async () => {
      const { images, persistence } = this.state;
      const { id, mediaType, bytes } = image;
      if (!images.image(ownerId, id)) {
        if (!fits(images.usedBytes(ownerId), bytes, maxBytes)) return 'full';
        await persistence.saveImage(ownerId, image);
        images.addImage(ownerId, { id, mediaType, bytes });
      }
      try {
        await persistence.saveImageUse(use, id, { isOpen: true });
      } catch (error) {
        await this.removeUnused(ownerId, id).catch(() => undefined);
        throw error;
      }
      images.addUse({ ...use, imageId: id, openSince: Date.now() });
      return 'stored';
    });
  }

  release({ ownerId, conversationId, messageId }: ImageUse): Promise<void> {
    return this.state.inImagesOf(ownerId, () =>
      this.removeUses(this.state.images.usesOf(ownerId, conversationId, messageId)),
    );
  }

  /** Those of a deleted conversation; the next sweep repeats what fails. */
  async removeOf(ownerId: string, conversationId: string): Promise<void> {
    const { images } = this.state;
    if (images.usesOf(ownerId, conversationId).length === 0) return;
    await this.state.inImagesOf(ownerId, async () => {
      const uses = images.usesOf(ownerId, conversationId);
      for (const use of uses) images.reopen(use);
      await this.removeUses(uses).catch(() => undefined);
    });
  }

  async read(
    ownerId: string,
    conversationId: string,
    imageId: string,
  ): Promise<ImageReading | null> {
    const { images, persistence } = this.state;
    const image = images.image(ownerId, imageId);
    const uses = images.usesOf(ownerId, conversationId);
    if (!image || !uses.some((use) => use.imageId === imageId)) return null;
    const { mediaType, bytes } = image;
    const pieces = readPieces(bytes, (place) =>
      persistence.readImage(
        ownerId,
        image,
        place * IMAGE_PIECE_BYTES,
        (place + 1) * IMAGE_PIECE_BYTES,
      ),
    );
    return { mediaType, bytes, pieces };
  }

  async usedBytes(ownerId: string): Promise<number> {
    return this.state.images.usedBytes(ownerId);
  }

  async sweep(before: number): Promise<void> {
    for (const use of this.state.images.openBefore(before))
      await this.state.inImagesOf(use.ownerId, () => this.decide(use, before));
  }

  private async decide(use: UseEntry, before: number): Promise<void> {
    const { images, persistence } = this.state;
    if (use.openSince === null || use.openSince >= before) return;
    switch (await this.verdict(use)) {
      case 'settled':
        await persistence.saveImageUse(use, use.imageId, { isOpen: false });
        images.settle(use);
        return;
      case 'left_over':
        await this.removeUses([use]);
        return;
      case 'open':
    }
  }

  /** What runs is looked at first: a turn that ends meanwhile is a message by then. */
  private async verdict({ ownerId, conversationId, messageId }: UseEntry) {
    const { index, table, persistence } = this.state;
    const isConversationBusy = table.activeIn(ownerId, conversationId) !== undefined;
    const stored = index.get(ownerId, conversationId)
      ? await persistence.loadConversation(ownerId, conversationId)
      : null;
    const exists = stored !== null && stored.messages.placeOf(messageId) !== -1;
    return verdictOn({ exists, isConversationBusy });
  }

  private async removeUses(uses: readonly UseEntry[]): Promise<void> {
    const { images, persistence } = this.state;
    for (const use of uses) {
      await persistence.removeImageUse(use, use.imageId);
      images.removeUse(use);
      await this.removeUnused(use.ownerId, use.imageId);
    }
  }

  private async removeUnused(ownerId: string, id: string): Promise<void> {
    const { images, persistence } = this.state;
    const image = images.image(ownerId, id);
    if (!image || images.isUsed(ownerId, id)) return;
    images.removeImage(ownerId, id);
    await persistence.removeImage(ownerId, image);
  }
}
