import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ConversationSummaryDto } from '../../common/http/conversation.dto.js';
import { ModelParametersDto } from '../../common/http/model-parameters.dto.js';
import { MessageDto } from './message.dto.js';

/** A conversation with its messages, or with the requested window of them. */
@ApiSchema({ name: 'Conversation' })
export class ConversationDto extends ConversationSummaryDto {
  /** The system prompt, which is also shown as the first message; null if there is none. */
  @ApiProperty({ type: String, nullable: true, example: null })
  system!: string | null;

  /** Parameters for requests that do not set them; null if there are none. */
  @ApiProperty({ type: () => ModelParametersDto, nullable: true, example: null })
  parameters!: ModelParametersDto | null;

  /** Of its active branch, or of the requested one; oldest first. */
  @ApiProperty({ type: () => [MessageDto] })
  messages!: MessageDto[];
}

/** A page of conversations. */
@ApiSchema({ name: 'ConversationList' })
export class ConversationListDto {
  /** By `sort` and `order`, ties by id. */
  @ApiProperty({ type: () => [ConversationSummaryDto] })
  conversations!: ConversationSummaryDto[];

  /**
   * The number of all conversations that the filters leave.
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
   * As asked for, or its default; 0 with `cursor`.
   * @example 0
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  offset!: number;

  /** What the next page takes as `cursor`; null at the end. */
  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor!: string | null;
}

/** A tag, and how many conversations have it. */
@ApiSchema({ name: 'TagCount' })
export class TagCountDto {
  @ApiProperty({ type: String, example: 'work' })
  tag!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 3 })
  count!: number;
}

/** The tags of all conversations, archived ones too, by tag. */
@ApiSchema({ name: 'TagList' })
export class TagListDto {
  @ApiProperty({ type: () => [TagCountDto] })
  tags!: TagCountDto[];
}

/** Confirms that a message was deleted with all below it. */
@ApiSchema({ name: 'MessageDeleted' })
export class MessageDeletedDto {
  @ApiProperty({ type: String, example: 'Message deleted successfully' })
  message!: string;

  /** How many messages were deleted. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 2 })
  deleted!: number;
}

/** Confirms that a conversation was deleted. */
@ApiSchema({ name: 'ConversationDeleted' })
export class ConversationDeletedDto {
  @ApiProperty({ type: String, example: 'Conversation deleted successfully' })
  message!: string;
}
