import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Usage } from '../../domain/conversation.js';

/** Tokens as the model counted them. */
@ApiSchema({ name: 'Usage' })
export class UsageDto {
  /**
   * Tokens that the model read: system prompt, history and message.
   * @example 12
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  prompt_tokens!: number;

  /**
   * Tokens of the answer.
   * @example 9
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  completion_tokens!: number;
}

export function toUsageDto(usage: Usage | null): UsageDto | null {
  return usage && { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens };
}
