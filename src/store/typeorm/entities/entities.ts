import { Column, Entity, Index, PrimaryColumn, ForeignKey } from 'typeorm';
import type { FinishReason, MessageRole, MessageStatus } from '../../../domain/conversation.js';
import { ApiKeyEntity } from './api-key.entity.js';
import {
  ConversationEntity,
  ConversationTagEntity,
  DeletedChatEntity,
} from './conversation.entity.js';
import { GenerationEntity } from './generation.entity.js';
import { ImageEntity, ImageUseEntity } from './image.entity.js';
import { TokenUsageEntity } from './token-usage.entity.js';

/**
 * A message. `seq` orders the messages of a conversation as they were made, so that parents come first; it
 * may have gaps. A system prompt has the lowest.
 */
@Entity({ name: 'messages' })
@Index('ux_messages_order', ['conversationId', 'ownerId', 'seq'], { unique: true })
@Index('ix_messages_branches', ['conversationId', 'ownerId', 'seq'], { where: `parent_id <> ''` })
@Index('ix_messages_client', ['conversationId', 'ownerId', 'clientId'], {
  where: 'client_id IS NOT NULL',
})
@Index('ix_messages_children', ['conversationId', 'ownerId', 'parentId', 'seq'], {
  where: 'parent_id IS NOT NULL',
})
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

  /** What it has beside its text, as JSON: an answer's parts, images, the answered tool call. */
  @Column({ type: 'text', nullable: true })
  parts!: string | null;

  /**
   * The message that it follows, where that is not the one before it; the conversation's id: none, though
   * there is one before it. The newest message stores it also where it is not the active end: without a parent
   * stored, a conversation is read as one branch.
   */
  @Column({ name: 'parent_id', type: 'varchar', length: 100, nullable: true })
  parentId!: string | null;

  /** How many messages its branch has up to it, without the system prompt; null of earlier releases. */
  @Column({ type: 'integer', nullable: true })
  depth!: number | null;

  /** The id that a client gave it. */
  @Column({ name: 'client_id', type: 'varchar', length: 100, nullable: true })
  clientId!: string | null;
}

/** A run of token events of one generation, as one row. */
@Entity({ name: 'generation_log', withoutRowid: true })
@ForeignKey(() => GenerationEntity, ['generationKey'], ['key'], {
  name: 'fk_generation_log_generation',
  onDelete: 'CASCADE',
})
export class LogBatchEntity {
  @PrimaryColumn({ name: 'generation_key', type: 'varchar', length: 36 })
  generationKey!: string;

  @PrimaryColumn({ name: 'first_seq', type: 'integer' })
  firstSeq!: number;

  @Column({ name: 'token_count', type: 'integer' })
  tokenCount!: number;

  /** The pieces as a JSON array: text as strings, all else as objects. */
  @Column({ type: 'text' })
  tokens!: string;
}

/** A worker that has readers of a generation which another worker runs. */
@Entity({ name: 'generation_watchers' })
@ForeignKey(() => GenerationEntity, ['generationKey'], ['key'], {
  name: 'fk_generation_watchers_generation',
  onDelete: 'CASCADE',
})
export class WatcherEntity {
  @PrimaryColumn({ name: 'generation_key', type: 'varchar', length: 36 })
  generationKey!: string;

  @PrimaryColumn({ name: 'worker_id', type: 'varchar' })
  workerId!: string;
}

/** A live worker: its counter increases every few seconds. */
@Entity({ name: 'workers' })
export class WorkerEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'integer' })
  beat!: number;

  /** Whether each session on which its counter is increased holds the worker's lock; null of earlier releases. */
  @Column({ name: 'marks_sessions', type: 'boolean', nullable: true })
  marksSessions!: boolean | null;
}

/** What was learnt of how a model counts tokens. */
@Entity({ name: 'token_calibrations' })
export class TokenCalibrationEntity {
  /** Its full name. */
  @PrimaryColumn({ type: 'varchar' })
  model!: string;

  /** Factors by kinds of writing, as JSON. */
  @Column({ type: 'text' })
  factors!: string;
}

/** Every table of the store, for the data sources of both dialects. */
export const ENTITIES = [
  ConversationEntity,
  ConversationTagEntity,
  DeletedChatEntity,
  MessageEntity,
  GenerationEntity,
  LogBatchEntity,
  WatcherEntity,
  WorkerEntity,
  TokenCalibrationEntity,
  ImageEntity,
  ImageUseEntity,
  ApiKeyEntity,
  TokenUsageEntity,
];
