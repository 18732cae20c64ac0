import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { AnswerReportDto } from '../../common/http/answer.dto.js';
import { UsageDto } from '../../common/http/usage.dto.js';
import type { FinishReason } from '../../domain/conversation.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';

/** The whole answer. */
@ApiSchema({ name: 'ChatResponse' })
export class ChatResponseDto extends AnswerReportDto {
  /** The conversation; send its id to continue it. */
  @ApiProperty({ example: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8' })
  conversation_id!: string;

  /** The answer's text; empty when it was cancelled before it began. */
  @ApiProperty({ example: "I'm doing well, thank you for asking!" })
  response!: string;

  /** When the answer ended. */
  @ApiProperty({ format: 'date-time', example: '2025-09-06T03:30:00.000Z' })
  timestamp!: string;

  /** The answer's message in the history. */
  @ApiProperty({ example: '5f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e' })
  message_id!: string;

  /** The message that it answers: its parent in the conversation. */
  @ApiProperty({ type: String, nullable: true, example: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e' })
  parent_id!: string | null;

  @ApiProperty({ example: '0b9de0d0-7c4b-4f5b-8a52-b1a5be0c5d11' })
  generation_id!: string;

  @ApiProperty({ example: 'llama2' })
  model!: string;

  /** How it ended. */
  @ApiEnum('FinishReason', { example: 'stop' })
  finish_reason!: FinishReason;

  /** Null if the model reported no counts. */
  @ApiProperty({ type: UsageDto, nullable: true })
  usage!: UsageDto | null;
}
