import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A conversation. Its key holds the owner, so that no statement can reach it without naming one. */
@Entity({ name: 'conversations' })
@Index('ix_conversations_recent', { synchronize: false })
export class ConversationEntity {
  @PrimaryColumn({ type: 'varchar', length: 100 })
  id!: string;

  @PrimaryColumn({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @Column({ type: 'text' })
  title!: string;

  /** Epoch milliseconds, like every time here. */
  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'updated_at', type: 'bigint' })
  updatedAt!: number;

  @Column({ name: 'message_count', type: 'integer' })
  messageCount!: number;
}
