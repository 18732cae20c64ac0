import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AnswerPartsDto, AnswerReportDto } from '../../common/http/answer.dto.js';
import { ImageDto } from '../../common/http/image.dto.js';
import { UsageDto } from '../../common/http/usage.dto.js';
import type { FinishReason } from '../../domain/conversation.js';
import type { GenerationPhase, GenerationStatus } from '../../domain/generation.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';

const ID = '0b9de0d0-7c4b-4f5b-8a52-b1a5be0c5d11';

/** Why a generation failed. */
@ApiSchema({ name: 'GenerationError' })
export class GenerationErrorDto {
  /** A sentence for a person. */
  @ApiProperty({ example: 'Ollama service unavailable' })
  error!: string;

  @ApiEnum('ErrorCode', { example: 'SERVICE_UNAVAILABLE' })
  code!: string;

  @ApiEnum('ErrorReason', { example: 'model_unavailable' })
  reason!: string;
}

/** The user's turn that a generation answers. */
@ApiSchema({ name: 'AnsweredMessage' })
export class AnsweredMessageDto {
  /** Its text; empty where it has images alone. */
  @ApiProperty({ example: 'Hello, how are you?' })
  content!: string;

  /** Null where it has none. */
  @ApiProperty({ type: () => [ImageDto], nullable: true, example: null })
  images!: ImageDto[] | null;
}

/** The work of answering one message. */
@ApiSchema({ name: 'Generation' })
export class GenerationResponseDto extends AnswerReportDto {
  @ApiProperty({ example: ID })
  id!: string;

  /** Null of one without a conversation, which a wire has asked for. */
  @ApiProperty({ type: String, nullable: true, example: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8' })
  conversation_id!: string | null;

  /** The answer's message in the history; null without a conversation. */
  @ApiProperty({ type: String, nullable: true, example: '5f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e' })
  message_id!: string | null;

  /** The message that it answers: its parent in the conversation; null without one. */
  @ApiProperty({ type: String, nullable: true, example: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e' })
  parent_id!: string | null;

  /**
   * The user's message that it answers; the history has it from the first token on. Null where the
   * turn was not kept, or was deleted, and without a conversation.
   */
  @ApiProperty({ type: AnsweredMessageDto, nullable: true })
  message!: AnsweredMessageDto | null;

  @ApiProperty({ example: 'llama2' })
  model!: string;

  @ApiEnum('GenerationStatus', { example: 'running' })
  status!: GenerationStatus;

  /** Its phase; `ended` after its end. */
  @ApiEnum('GenerationPhase', { example: 'generating' })
  phase!: GenerationPhase;

  /** Its place in the queue, 1 is next; null unless it is `queued`. */
  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, example: null })
  queue_position!: number | null;

  @ApiProperty({ format: 'date-time', example: '2025-09-06T03:30:00.000Z' })
  created_at!: string;

  /** When the model was called; null while it waits. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;

  /** The text so far. Without a conversation it is kept for `GENERATION_RETENTION` alone, then empty. */
  @ApiProperty({ example: "I'm doing well" })
  response!: string;

  /** Null while it runs and after a failure. */
  @ApiEnum('FinishReason', { nullable: true })
  finish_reason!: FinishReason | null;

  @ApiProperty({ type: UsageDto, nullable: true })
  usage!: UsageDto | null;

  @ApiProperty({ type: GenerationErrorDto, nullable: true })
  error!: GenerationErrorDto | null;
}

/** The result of a cancelled generation. */
@ApiSchema({ name: 'CancelReceipt' })
export class CancelReceiptDto extends AnswerPartsDto {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiEnum('GenerationStatus', { example: 'cancelled' })
  status!: GenerationStatus;

  /** The phase in which it was stopped; `ended` if it had already ended. */
  @ApiEnum('GenerationPhase', { example: 'generating' })
  phase!: GenerationPhase;

  /** The text that was generated. */
  @ApiProperty({ example: "I'm doing" })
  response!: string;

  @ApiProperty({ type: UsageDto, nullable: true })
  usage!: UsageDto | null;

  /** Whether the service's connection to the model is closed. */
  @ApiProperty({ example: true })
  upstream_closed!: boolean;
}
