import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/**
 * An image of an owner. Its bytes are in the table `image_pieces`, which has no entity: the two dialects
 * have no column type for bytes in common.
 */
@Entity({ name: 'images' })
@Index('ix_images_owner', ['ownerId', 'bytes'])
export class ImageEntity {
  /** SHA-256 of its bytes. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string;

  @PrimaryColumn({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @Column({ name: 'media_type', type: 'varchar', length: 16 })
  mediaType!: string;

  @Column({ type: 'integer' })
  bytes!: number;
}

/** A message that uses an image, or will once it is committed. */
@Entity({ name: 'image_uses' })
@Index('ix_image_uses_image', ['imageId', 'ownerId'])
@Index('ix_image_uses_conversation', ['conversationId', 'ownerId'])
@Index('ix_image_uses_open', ['openSince'], { where: 'open_since IS NOT NULL' })
@ForeignKey(() => ImageEntity, ['imageId', 'ownerId'], ['id', 'ownerId'], {
  name: 'fk_image_uses_image',
})
export class ImageUseEntity {
  @PrimaryColumn({ name: 'message_id', type: 'varchar', length: 36 })
  messageId!: string;

  @PrimaryColumn({ name: 'image_id', type: 'varchar', length: 64 })
  imageId!: string;

  @Column({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @Column({ name: 'conversation_id', type: 'varchar', length: 100 })
  conversationId!: string;

  /** When it was put, while it is not known whether its message came about; then null. */
  @Column({ name: 'open_since', type: 'bigint', nullable: true })
  openSince!: number | null;
}
