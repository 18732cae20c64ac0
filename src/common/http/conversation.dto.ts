import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import {
  TITLE_SOURCES,
  type ConversationSummary,
  type TitleSource,
} from '../../domain/conversation.js';
import type { DtoFields } from './dto-fields.js';

/** Where a forked conversation comes from. */
@ApiSchema({ name: 'ForkOrigin' })
export class ForkOriginDto {
  /** @example "5d0cf1c6-2f3f-4b9b-9a43-0f7c2b8a7b10" */
  @ApiProperty({ type: String })
  conversation_id!: string;

  /** The last message that was copied; null if there was none but the system prompt. */
  @ApiProperty({ type: String, nullable: true, example: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21' })
  message_id!: string | null;
}

/** A conversation as lists have it: without its messages, system prompt and parameters. */
@ApiSchema({ name: 'ConversationSummary' })
export class ConversationSummaryDto {
  /** @example "a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8" */
  @ApiProperty({ type: String })
  id!: string;

  /** The id that a client gave it, of an API where clients do; null: none. */
  @ApiProperty({ type: String, nullable: true, example: null })
  chat_id!: string | null;

  /**
   * Made from the first message until something better names it.
   * @example "Quantum Computing Discussion"
   */
  @ApiProperty({ type: String })
  title!: string;

  /** What named it: its first message, the model, or the user, whose title stays. */
  @ApiProperty({ enum: TITLE_SOURCES, enumName: 'TitleSource', example: 'message' })
  title_by!: TitleSource;

  /**
   * ISO 8601 in UTC.
   * @example "2025-09-06T03:30:00.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  /**
   * When a message was last added or changed, ISO 8601 in UTC. Settings do not change it.
   * @example "2025-09-06T03:35:00.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;

  /**
   * The messages of its active branch, the system prompt included.
   * @example 5
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  message_count!: number;

  /**
   * The messages of all its branches, the system prompt included.
   * @example 5
   */
  @ApiProperty({ type: 'integer', minimum: 0 })
  message_total!: number;

  /** The end of the active branch; null while there is no message but the system prompt. */
  @ApiProperty({ type: String, nullable: true, example: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21' })
  active_message_id!: string | null;

  /** Its running generation, which can be joined or cancelled; null if there is none. */
  @ApiProperty({ type: String, nullable: true, example: null })
  active_generation_id!: string | null;

  /**
   * Rises with each change of the conversation or its messages; the number in its `ETag`.
   * @example 4
   */
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
  revision!: number;

  /** The model that answers where a request names none; null: the default model. @example null */
  @ApiProperty({ type: String, nullable: true })
  model!: string | null;

  /** In the order in which they were given. @example ["work"] */
  @ApiProperty({ type: [String] })
  tags!: string[];

  /** Pinned conversations are the last to be removed when there are too many. */
  @ApiProperty({ type: Boolean, example: false })
  pinned!: boolean;

  /** Archived conversations are not in the list unless it is asked for them. */
  @ApiProperty({ type: Boolean, example: false })
  archived!: boolean;

  /** What it is a copy of; null if it is none. */
  @ApiProperty({ type: () => ForkOriginDto, nullable: true, example: null })
  forked_from!: ForkOriginDto | null;
}

export function toSummaryFields(
  conversation: ConversationSummary,
): DtoFields<ConversationSummaryDto> {
  const { forkedFrom } = conversation;
  return {
    id: conversation.id,
    chat_id: conversation.chatId,
    title: conversation.title,
    title_by: conversation.titleBy,
    created_at: new Date(conversation.createdAt).toISOString(),
    updated_at: new Date(conversation.updatedAt).toISOString(),
    message_count: conversation.messageCount,
    message_total: conversation.messageTotal,
    active_message_id: conversation.activeMessageId,
    active_generation_id: conversation.activeGenerationId,
    revision: conversation.revision,
    model: conversation.model,
    tags: [...conversation.tags],
    pinned: conversation.pinned,
    archived: conversation.archived,
    forked_from: forkedFrom && {
      conversation_id: forkedFrom.conversationId,
      message_id: forkedFrom.messageId,
    },
  };
}

/** The entity tag of a conversation at a revision. */
export function etagOf({ revision }: Pick<ConversationSummary, 'revision'>): string {
  return `"${String(revision)}"`;
}
