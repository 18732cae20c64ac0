import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { TitleSource } from '../../../domain/conversation.js';

/**
 * A conversation. Its key holds the owner, so that no statement can reach it without naming one. Null in
 * `activeId`, `messageTotal` and `systemCount`: no release with branches has written it yet.
 */
@Entity({ name: 'conversations' })
@Index('ix_conversations_recent', { synchronize: false })
@Index('ix_conversations_created', { synchronize: false })
@Index('ix_conversations_disposable', { synchronize: false })
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

  /** Of the active branch, with the system prompt. */
  @Column({ name: 'message_count', type: 'integer' })
  messageCount!: number;

  /** The end of the active branch; empty: it has no message, though there are others. */
  @Column({ name: 'active_id', type: 'varchar', length: 36, nullable: true })
  activeId!: string | null;

  /** Of all branches, with the system prompt. */
  @Column({ name: 'message_total', type: 'integer', nullable: true })
  messageTotal!: number | null;

  /** Whether it has a system prompt: 0 or 1. */
  @Column({ name: 'system_count', type: 'integer', nullable: true })
  systemCount!: number | null;

  @Column({ type: 'integer', default: 1 })
  revision!: number;

  @Column({ name: 'title_by', type: 'varchar', length: 16, default: 'message' })
  titleBy!: TitleSource;

  @Column({ type: 'varchar', nullable: true })
  model!: string | null;

  /** As JSON. */
  @Column({ type: 'text', nullable: true })
  parameters!: string | null;

  /** In their order, as a JSON array; null for none. */
  @Column({ type: 'text', nullable: true })
  tags!: string | null;

  @Column({ type: 'boolean', default: false })
  pinned!: boolean;

  @Column({ type: 'boolean', default: false })
  archived!: boolean;

  /** The conversation that it was copied from. */
  @Column({ name: 'forked_id', type: 'varchar', length: 100, nullable: true })
  forkedId!: string | null;

  @Column({ name: 'forked_message_id', type: 'varchar', length: 36, nullable: true })
  forkedMessageId!: string | null;

  /** The id that a client gave it. */
  @Column({ name: 'chat_id', type: 'varchar', length: 100, nullable: true })
  chatId!: string | null;

  @Column({ type: 'boolean', default: false })
  disposable!: boolean;

  /** As JSON. */
  @Column({ type: 'text', nullable: true })
  metadata!: string | null;
}

/** A tag of a conversation, with what else lists are filtered by. */
@Entity({ name: 'conversation_tags', withoutRowid: true })
@Index('ix_conversation_tags_tag', ['ownerId', 'tag', 'conversationId', 'archived', 'pinned'])
@ForeignKey(() => ConversationEntity, ['conversationId', 'ownerId'], ['id', 'ownerId'], {
  name: 'fk_conversation_tags_conversation',
  onDelete: 'CASCADE',
})
export class ConversationTagEntity {
  @PrimaryColumn({ name: 'conversation_id', type: 'varchar', length: 100 })
  conversationId!: string;

  @PrimaryColumn({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @PrimaryColumn({ type: 'varchar' })
  tag!: string;

  @Column({ type: 'boolean' })
  archived!: boolean;

  @Column({ type: 'boolean' })
  pinned!: boolean;
}

/** A conversation with a chat id that was deleted: its id is not used again. */
@Entity({ name: 'deleted_chats' })
export class DeletedChatEntity {
  @PrimaryColumn({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @PrimaryColumn({ name: 'conversation_id', type: 'varchar', length: 100 })
  conversationId!: string;

  @Column({ name: 'deleted_at', type: 'bigint' })
  deletedAt!: number;
}
