import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MessageDto } from './message.dto.js';

/** A conversation without its messages. */
@ApiSchema({ name: 'ConversationSummary' })
export class ConversationSummaryDto {
  /** @example "a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8" */
  @ApiProperty({ type: String })
  id!: string;

  /**
   * Made from the first message until it is renamed.
   * @example "Quantum Computing Discussion"
   */
  @ApiProperty({ type: String })
  title!: string;

  /**
   * ISO 8601 in UTC.
   * @example "2025-09-06T03:30:00.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  /**
   * When a message was last added or changed, ISO 8601 in UTC. A rename does not change it.
   * @example "2025-09-06T03:35:00.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;

  /**
   * All its messages, the system prompt included.
   * @example 5
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  message_count!: number;

  /** Its running generation, which can be joined or cancelled; null if there is none. */
  @ApiProperty({ type: String, nullable: true, example: null })
  active_generation_id!: string | null;
}

/** A conversation with its messages, or with the requested window of them. */
@ApiSchema({ name: 'Conversation' })
export class ConversationDto extends ConversationSummaryDto {
  /** Oldest first. */
  @ApiProperty({ type: () => [MessageDto] })
  messages!: MessageDto[];
}

/** A page of conversations. */
@ApiSchema({ name: 'ConversationList' })
export class ConversationListDto {
  /** Newest `updated_at` first, ties by id. */
  @ApiProperty({ type: () => [ConversationSummaryDto] })
  conversations!: ConversationSummaryDto[];

  /**
   * The number of all conversations.
   * @example 1
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  total!: number;

  /**
   * As asked for, or its default.
   * @example 10
   */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: 100 })
  limit!: number;

  /**
   * As asked for, or its default.
   * @example 0
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  offset!: number;
}

/** Confirms that a conversation was deleted. */
@ApiSchema({ name: 'ConversationDeleted' })
export class ConversationDeletedDto {
  @ApiProperty({ type: String, example: 'Conversation deleted successfully' })
  message!: string;
}
