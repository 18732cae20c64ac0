import type { Message } from '../../domain/conversation.js';
import { IMAGE_PIECE_BYTES, type ImageReading, type NewImage } from '../../domain/image.js';
import { ImageStore, type ImageUse } from '../image-store.js';
import { fits, readPieces, verdictOn } from '../rules/images.js';
import type { UseEntry } from './image-index.js';
import type { LocalState } from './local-state.js';

type CopiedPages = AsyncIterable<readonly Message[]>;

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
        await this.addOpenUse(use, id);
      } catch (error) {
        await this.removeUnused(ownerId, id).catch(() => undefined);
        throw error;
      }
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

  /**
   * Runs a task that deletes these messages, and then removes their images. Until it has ended they
   * count as put and not yet decided: what a crash leaves is found by the sweep.
   */
  async whileDeleting(
    conversation: Omit<ImageUse, 'messageId'>,
    messageIds: readonly string[],
    task: () => Promise<void>,
  ): Promise<void> {
    const { ownerId, conversationId } = conversation;
    const { images, persistence } = this.state;
    const deleted = new Set(messageIds);
    const usesNow = () =>
      images.usesOf(ownerId, conversationId).filter(({ messageId }) => deleted.has(messageId));
    if (usesNow().length === 0) return task();
    await this.state.inImagesOf(ownerId, async () => {
      const uses = usesNow();
      for (const use of uses) {
        await persistence.saveImageUse(use, use.imageId, { isOpen: true });
        images.reopen(use);
      }
      await task();
      await this.removeUses(uses).catch(() => undefined);
    });
  }

  /**
   * Runs a task that writes copies of messages into a conversation: with their images, if it passes
   * their pages through `withImages`. Of a copy that does not come about the sweep removes them.
   */
  async whileCopying(
    sourceId: string,
    { ownerId, conversationId }: Omit<ImageUse, 'messageId'>,
    task: (withImages: (pages: CopiedPages) => CopiedPages) => Promise<void>,
  ): Promise<void> {
    if (this.state.images.usesOf(ownerId, sourceId).length === 0) return task((pages) => pages);
    const use = (messageId: string, imageId: string) =>
      this.addOpenUse({ ownerId, conversationId, messageId }, imageId);
    await this.state.inImagesOf(ownerId, () => task((pages) => withUses(pages, use)));
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

  private async addOpenUse(use: ImageUse, imageId: string): Promise<void> {
    await this.state.persistence.saveImageUse(use, imageId, { isOpen: true });
    this.state.images.addUse({ ...use, imageId, openSince: Date.now() });
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

/** The pages, each once the images of its messages have their uses. */
async function* withUses(
  pages: CopiedPages,
  use: (messageId: string, imageId: string) => Promise<void>,
): AsyncGenerator<readonly Message[]> {
  for await (const page of pages) {
    for (const { id, images } of page) for (const image of images ?? []) await use(id, image.id);
    yield page;
  }
}
