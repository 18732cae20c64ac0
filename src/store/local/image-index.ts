import type { ImageReference } from '../../domain/conversation.js';
import type { ImageUse } from '../image-store.js';

/** One image of one message. */
export interface UseEntry extends ImageUse {
  readonly imageId: string;
  /** When it was put, while it is not known whether its message came about; then null. */
  openSince: number | null;
}

interface OwnerImages {
  bytes: number;
  images: Map<string, ImageReference>;
  /** Image → how many messages use it. */
  counts: Map<string, number>;
  /** Conversation → uses in it. */
  uses: Map<string, UseEntry[]>;
}

/** Which images there are and who uses them, without their bytes. */
export class ImageIndex {
  private readonly owners = new Map<string, OwnerImages>();
  private readonly open = new Set<UseEntry>();

  image(ownerId: string, id: string): ImageReference | undefined {
    return this.owners.get(ownerId)?.images.get(id);
  }

  usedBytes(ownerId: string): number {
    return this.owners.get(ownerId)?.bytes ?? 0;
  }

  addImage(ownerId: string, image: ImageReference): void {
    const own = this.own(ownerId);
    if (own.images.has(image.id)) return;
    own.images.set(image.id, image);
    own.bytes += image.bytes;
  }

  removeImage(ownerId: string, id: string): void {
    const own = this.own(ownerId);
    own.bytes -= own.images.get(id)?.bytes ?? 0;
    own.images.delete(id);
    if (own.images.size === 0) this.owners.delete(ownerId);
  }

  isUsed(ownerId: string, id: string): boolean {
    return this.owners.get(ownerId)?.counts.has(id) ?? false;
  }

  /** Those of one message, or of all messages of a conversation. */
  usesOf(ownerId: string, conversationId: string, messageId?: string): UseEntry[] {
    const all = this.owners.get(ownerId)?.uses.get(conversationId) ?? [];
    return all.filter((use) => messageId === undefined || use.messageId === messageId);
  }

  /** One that is known keeps its place; it is open again where it was. */
  addUse(use: UseEntry): void {
    const known = this.usesOf(use.ownerId, use.conversationId, use.messageId).find(
      ({ imageId }) => imageId === use.imageId,
    );
    if (known) {
      if (known.openSince !== null) known.openSince = use.openSince;
      return;
    }
    const { counts, uses } = this.own(use.ownerId);
    counts.set(use.imageId, (counts.get(use.imageId) ?? 0) + 1);
    const siblings = uses.get(use.conversationId);
    if (siblings) siblings.push(use);
    else uses.set(use.conversationId, [use]);
    if (use.openSince !== null) this.open.add(use);
  }

  removeUse(use: UseEntry): void {
    this.open.delete(use);
    const { counts, uses } = this.own(use.ownerId);
    const rest = (uses.get(use.conversationId) ?? []).filter((other) => other !== use);
    if (rest.length > 0) uses.set(use.conversationId, rest);
    else uses.delete(use.conversationId);
    const count = (counts.get(use.imageId) ?? 0) - 1;
    if (count > 0) counts.set(use.imageId, count);
    else counts.delete(use.imageId);
  }

  settle(use: UseEntry): void {
    use.openSince = null;
    this.open.delete(use);
  }

  /** So that a removal that fails is repeated by the next sweep. */
  reopen(use: UseEntry): void {
    use.openSince = 0;
    this.open.add(use);
  }

  openBefore(before: number): UseEntry[] {
    return [...this.open].filter(({ openSince }) => openSince !== null && openSince < before);
  }

  private own(ownerId: string): OwnerImages {
    let own = this.owners.get(ownerId);
    if (!own) {
      own = { bytes: 0, images: new Map(), counts: new Map(), uses: new Map() };
      this.owners.set(ownerId, own);
    }
    return own;
  }
}
