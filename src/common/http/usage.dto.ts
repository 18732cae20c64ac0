import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Usage } from '../../domain/conversation.js';

/** Tokens as the model counted them; null for what it did not count. */
@ApiSchema({ name: 'Usage' })
export class UsageDto {
  /**
   * Tokens that the model read: system prompt, history and message.
   * @example 12
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 2_147_483_647, nullable: true })
  prompt_tokens!: number | null;

  /**
   * Tokens of the answer.
   * @example 9
   */
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 2_147_483_647, nullable: true })
  completion_tokens!: number | null;
}

export function toUsageDto(usage: Usage | null): UsageDto | null {
  return usage && { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens };
}
