import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AnswerPartsDto } from '../../common/http/answer.dto.js';
import { ImageDto } from '../../common/http/image.dto.js';
import { UsageDto } from '../../common/http/usage.dto.js';
import type { FinishReason, MessageRole, MessageStatus } from '../../domain/conversation.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';

/** One message of a conversation. Fields that do not apply to it are null. */
@ApiSchema({ name: 'Message' })
export class MessageDto extends AnswerPartsDto {
  /** @example "7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21" */
  @ApiProperty({ type: String })
  id!: string;

  /** The message that it follows; of a first one, and of the system prompt, the conversation's id. */
  @ApiProperty({ type: String, example: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e' })
  parent_id!: string;

  /** Ids of all messages with this parent, itself too, oldest first: the branches that begin here. */
  @ApiProperty({ type: [String], example: ['7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21'] })
  siblings!: string[];

  /** The author. A system prompt is the first message of its conversation. */
  @ApiEnum('MessageRole', { example: 'assistant' })
  role!: MessageRole;

  /** The text; of a `streaming` message, the text so far. */
  @ApiProperty({ type: String, example: "I'm doing well, thank you for asking!" })
  content!: string;

  /**
   * When it was made, ISO 8601 in UTC.
   * @example "2025-09-06T03:30:05.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: string;

  /**
   * `streaming` while it is being generated; `cancelled` and `failed` messages have the text so
   * far.
   */
  @ApiEnum('MessageStatus', { example: 'complete' })
  status!: MessageStatus;

  /** The model that answered; null for user and system messages. @example "llama2" */
  @ApiProperty({ type: String, nullable: true })
  model!: string | null;

  /**
   * How the answer ended; null while it is being generated, after a failure, and for other
   * messages.
   */
  @ApiEnum('FinishReason', { nullable: true, example: 'stop' })
  finish_reason!: FinishReason | null;

  /** Tokens used; null where the model did not count them. */
  @ApiProperty({ type: () => UsageDto, nullable: true })
  usage!: UsageDto | null;

  /** Of role `tool`: the call that it answers; null elsewhere. @example null */
  @ApiProperty({ type: String, nullable: true })
  tool_call_id!: string | null;

  /** Of role `tool`: whether the tool failed; null elsewhere. @example null */
  @ApiProperty({ type: Boolean, nullable: true })
  is_error!: boolean | null;

  /** Images of a user's message, in the order in which they were sent; null where it has none. */
  @ApiProperty({ type: () => [ImageDto], nullable: true, example: null })
  images!: ImageDto[] | null;

  /**
   * The generation that wrote the answer; null for user and system messages. @example
   * "0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55"
   */
  @ApiProperty({ type: String, nullable: true })
  generation_id!: string | null;

  /**
   * Only on a `streaming` message: the number of the last event that `content` holds. Read on with
   * `GET /api/generations/{id}/stream?after=<seq>`; an `EventSource` with this address resumes by
   * itself after an interruption.
   * @example 42
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0, required: false })
  seq?: number;
}
