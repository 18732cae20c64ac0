import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { AppError } from '../../common/errors/app-error.js';
import { historyConfig } from '../../config/namespaces.js';
import type { ImageReference } from '../../domain/conversation.js';
import type { StagedMessage } from '../../domain/generation.js';
import type { NewImage } from '../../domain/image.js';
import { ImageStore, type ImageUse } from '../../store/image-store.js';

/** Stored images of a turn that is not claimed yet. */
export interface StagedImages {
  /** Call it once the turn is claimed: from then on the store does not take them for left over. */
  claimed(): Promise<void>;
  /** Takes them back: the turn does not begin. Never rejects. */
  release(): Promise<void>;
}

/** Messages before they are their conversation's. */
export interface NewMessages {
  ownerId: string;
  conversationId: string;
  messages: readonly StagedMessage[];
}

/** How long a claim may take before the images are put again; the sweep waits twice as long. */
const RENEWED_AFTER_MS = 60_000;

/** Stores the images of new turns. */
@Injectable()
export class TurnImages {
  constructor(
    @Inject(historyConfig.KEY) private readonly settings: ConfigType<typeof historyConfig>,
    private readonly store: ImageStore,
  ) {}

  /** Stores them, all or none. Throws `images_full`. */
  async stage(
    { ownerId, conversationId, messages }: NewMessages,
    images: readonly NewImage[],
  ): Promise<StagedImages | null> {
    const uses = messages.flatMap(({ id: messageId, images: used }) =>
      used === null
        ? []
        : { use: { ownerId, conversationId, messageId }, images: among(images, used) },
    );
    if (uses.length === 0) return null;
    const release = async (): Promise<void> => {
      for (const { use } of uses) await this.store.release(use).catch(() => undefined);
    };
    let putAt = Date.now();
    const put = async (): Promise<void> => {
      putAt = Date.now();
      for (const { use, images: used } of uses) await this.putAll(use, used);
    };
    await put().catch(async (error: unknown) => {
      await release();
      throw error;
    });
    return {
      release,
      claimed: async () => {
        if (Date.now() - putAt > RENEWED_AFTER_MS) await put();
      },
    };
  }

  private async putAll(use: ImageUse, images: readonly NewImage[]): Promise<void> {
    for (const image of images)
      if ((await this.store.put(use, image, this.settings.maxImageBytes)) === 'full')
        throw new AppError(
          'images_full',
          'The images stored for you take as much room as they may; delete conversations that have some',
        );
  }
}

function among(images: readonly NewImage[], used: readonly ImageReference[]): NewImage[] {
  const ids = new Set(used.map(({ id }) => id));
  return images.filter(({ id }) => ids.has(id));
}
