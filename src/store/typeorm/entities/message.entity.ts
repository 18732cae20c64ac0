import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { FinishReason, MessageRole, MessageStatus } from '../../../domain/conversation.js';
import { ConversationEntity } from './conversation.entity.js';

/** A message. `seq` orders the messages of a conversation; it may have gaps. */
@Entity({ name: 'messages' })
@Index('ux_messages_order', ['conversationId', 'ownerId', 'seq'], { unique: true })
@ForeignKey(() => ConversationEntity, ['conversationId', 'ownerId'], ['id', 'ownerId'], {
  name: 'fk_messages_conversation',
  onDelete: 'CASCADE',
})
export class MessageEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @Column({ name: 'conversation_id', type: 'varchar', length: 100 })
  conversationId!: string;

  @Column({ type: 'integer' })
  seq!: number;

  @Column({ type: 'varchar', length: 16 })
  role!: MessageRole;

  /** Empty while its answer is being written: the text so far is in the log. */
  @Column({ type: 'text' })
  content!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ type: 'varchar', length: 16 })
  status!: MessageStatus;

  @Column({ type: 'varchar', nullable: true })
  model!: string | null;

  @Column({ name: 'finish_reason', type: 'varchar', length: 16, nullable: true })
  finishReason!: FinishReason | null;

  @Column({ name: 'prompt_tokens', type: 'integer', nullable: true })
  promptTokens!: number | null;

  @Column({ name: 'completion_tokens', type: 'integer', nullable: true })
  completionTokens!: number | null;

  /** Public id of the generation that wrote it. */
  @Column({ name: 'generation_id', type: 'varchar', length: 100, nullable: true })
  generationId!: string | null;
}
