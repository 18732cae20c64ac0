import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ConversationSummaryDto } from '../http/conversation.dto.js';
import type { ErrorDetail } from './app-error.js';
import { ERROR_CODES, ERROR_REASONS, type ErrorCode, type ErrorReason } from './error-codes.js';
import type { ErrorBody } from './error-response.js';

/** One wrong field of a request. */
@ApiSchema({ name: 'ErrorDetail' })
export class ErrorDetailDto implements ErrorDetail {
  /** Its path; `body` means the whole body. */
  @ApiProperty({ type: String, example: 'parameters.temperature' })
  field!: string;

  @ApiProperty({ type: String, example: 'temperature must be a number from 0 to 1' })
  message!: string;
}

/** The body of every error response. */
@ApiSchema({ name: 'ErrorResponse' })
export class ErrorResponseDto implements ErrorBody {
  /** What went wrong, for a person. */
  @ApiProperty({
    type: String,
    example: 'Invalid request: parameters.temperature must be a number from 0 to 1',
  })
  error!: string;

  /** The kind of failure; each has one status. */
  @ApiProperty({ enum: ERROR_CODES, enumName: 'ErrorCode', example: 'INVALID_INPUT' })
  code!: ErrorCode;

  /** The cause, for programs. */
  @ApiProperty({ enum: ERROR_REASONS, enumName: 'ErrorReason', example: 'validation' })
  reason!: ErrorReason;

  /** The id of the request in the service's log; the same as in the `X-Request-Id` header. */
  @ApiProperty({ type: String, example: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55' })
  request_id!: string;

  /** With `validation`: which fields are wrong, and what is expected of them. */
  @ApiProperty({ type: () => [ErrorDetailDto], required: false })
  details?: ErrorDetailDto[];

  /** With `conversation_busy`: the generation that is answering in the conversation. */
  @ApiProperty({ type: String, required: false })
  active_generation_id?: string;

  /** With `conversation_changed`: the conversation as it is now. */
  @ApiProperty({ type: () => ConversationSummaryDto, required: false })
  conversation?: ConversationSummaryDto;
}
