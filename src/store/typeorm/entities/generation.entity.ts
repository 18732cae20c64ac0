import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FinishReason } from '../../../domain/conversation.js';
import type {
  GenerationPhase,
  GenerationStatus,
  OnDisconnect,
  StopSignal,
} from '../../../domain/generation.js';
import { StagedTurnColumns } from './staged-turn.columns.js';

/**
 * `staged`: not messages yet. `kept`: made messages at its first token. `kept_at_end`: made messages
 * by the very statement that ended it.
 */
export type TurnState = 'staged' | 'kept' | 'kept_at_end';

/**
 * A generation with its locks. The `…_lock` columns are unique: one insert takes them, null
 * releases them. It runs as long as `finished_at` is null.
 */
@Entity({ name: 'generations' })
@Index('ix_generations_conversation', ['conversationId', 'ownerId'])
@Index('ux_generations_id_lock', ['idLock', 'ownerId'], {
  unique: true,
  where: 'id_lock IS NOT NULL',
})
@Index('ux_generations_conversation_lock', ['conversationLock', 'ownerId'], {
  unique: true,
  where: 'conversation_lock IS NOT NULL',
})
@Index('ux_generations_idempotency_lock', ['idempotencyLock', 'ownerId'], {
  unique: true,
  where: 'idempotency_lock IS NOT NULL',
})
@Index('ux_generations_slot_lock', ['slotLock'], {
  unique: true,
  where: 'slot_lock IS NOT NULL',
})
// Of one dialect, or different in both: SQLite writes a page of each index at least, PostgreSQL a row.
@Index('ix_generations_public_id', { synchronize: false })
@Index('ix_generations_running', { synchronize: false })
@Index('ix_generations_finished', { synchronize: false })
@Index('ix_generations_released', { synchronize: false })
@Index('ix_generations_swept', { synchronize: false })
@Index('ix_generations_unswept', { synchronize: false })
export class GenerationEntity extends StagedTurnColumns {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  key!: string;

  @Column({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @Column({ name: 'public_id', type: 'varchar', length: 100 })
  publicId!: string;

  @Column({ name: 'conversation_id', type: 'varchar', length: 100 })
  conversationId!: string;

  @Column({ name: 'message_id', type: 'varchar', length: 36 })
  messageId!: string;

  /** The parent of that message; null of a release without branches. */
  @Column({ name: 'answer_parent_id', type: 'varchar', length: 100, nullable: true })
  answerParentId!: string | null;

  @Column({ type: 'varchar' })
  model!: string;

  @Column({ name: 'worker_id', type: 'varchar' })
  workerId!: string;

  @Column({ name: 'on_disconnect', type: 'varchar', length: 16 })
  onDisconnect!: OnDisconnect;

  @Column({ type: 'varchar', length: 16, default: 'queued' })
  status!: GenerationStatus;

  @Column({ type: 'varchar', length: 16, default: 'queued' })
  phase!: GenerationPhase;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'finished_at', type: 'bigint', nullable: true })
  finishedAt!: number | null;

  /** Filled in at the end; while it runs the text is that of the log. */
  @Column({ type: 'text', default: '' })
  response!: string;

  /** Filled in at the end: number of the last event. */
  @Column({ type: 'integer', default: 0 })
  seq!: number;

  @Column({ name: 'finish_reason', type: 'varchar', length: 16, nullable: true })
  finishReason!: FinishReason | null;

  @Column({ name: 'prompt_tokens', type: 'integer', nullable: true })
  promptTokens!: number | null;

  @Column({ name: 'completion_tokens', type: 'integer', nullable: true })
  completionTokens!: number | null;

  @Column({ name: 'error_text', type: 'text', nullable: true })
  errorText!: string | null;

  @Column({ name: 'error_code', type: 'varchar', length: 32, nullable: true })
  errorCode!: string | null;

  @Column({ name: 'error_reason', type: 'varchar', length: 32, nullable: true })
  errorReason!: string | null;

  @Column({ name: 'upstream_closed', type: 'boolean', default: false })
  upstreamClosed!: boolean;

  @Column({ name: 'conversation_deleted', type: 'boolean', default: false })
  conversationDeleted!: boolean;

  @Column({ name: 'turn_state', type: 'varchar', length: 16, default: 'staged' })
  turnState!: TurnState;

  @Column({ name: 'stop_signal', type: 'varchar', length: 32, nullable: true })
  stopSignal!: StopSignal | null;

  /** Whether it is to stop unless somebody reads it. */
  @Column({ name: 'unread_stop', type: 'boolean', default: false })
  unreadStop!: boolean;

  /** Whether its log, and the copies of texts that only the log needs, were removed. */
  @Column({ type: 'boolean', default: false })
  swept!: boolean;

  @Column({ name: 'idempotency_key', type: 'varchar', nullable: true })
  idempotencyKey!: string | null;

  @Column({ name: 'idempotency_fingerprint', type: 'varchar', nullable: true })
  idempotencyFingerprint!: string | null;

  @Column({ name: 'id_lock', type: 'varchar', length: 100, nullable: true })
  idLock!: string | null;

  @Column({ name: 'conversation_lock', type: 'varchar', length: 100, nullable: true })
  conversationLock!: string | null;

  @Column({ name: 'idempotency_lock', type: 'varchar', nullable: true })
  idempotencyLock!: string | null;

  @Column({ name: 'slot_lock', type: 'varchar', nullable: true })
  slotLock!: string | null;

  /** What the answer has beside its text, as JSON; filled in at the end. */
  @Column({ type: 'text', nullable: true })
  parts!: string | null;

  /** What is said of the answer, as JSON; filled in at the end. */
  @Column({ type: 'text', nullable: true })
  report!: string | null;

  /** It has no conversation. */
  @Column({ type: 'boolean', default: false })
  stateless!: boolean;

  /** What its wire needs of the request to write the same bytes again. */
  @Column({ type: 'text', nullable: true })
  echo!: string | null;

  /** Its row stays as long as its answer is a message. */
  @Column({ type: 'boolean', default: false })
  kept!: boolean;

  /** Name of the key for which it is counted; null of an earlier release: its owner. */
  @Column({ name: 'usage_key', type: 'varchar', nullable: true })
  usageKey!: string | null;

  /** Estimated tokens of its prompt. */
  @Column({ name: 'prompt_estimate', type: 'bigint', nullable: true })
  promptEstimate!: number | null;

  /** `max_tokens` of its answer. */
  @Column({ name: 'max_tokens', type: 'bigint', nullable: true })
  maxTokens!: number | null;
}
