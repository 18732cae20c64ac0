import { ApiProperty, ApiSchema } from '@nestjs/swagger';

const OBJECT = { type: 'object', additionalProperties: true } as const;

/** A message as the AI SDK has it (`UIMessage`). */
@ApiSchema({ name: 'UiMessage' })
export class UiMessageDto {
  /** The client's own id of a message of the user, where it gave one; of an answer, its id here. */
  @ApiProperty({ type: String, example: 'msg-5a1f' })
  id!: string;

  @ApiProperty({ enum: ['user', 'assistant'], example: 'user' })
  role!: 'user' | 'assistant';

  /** `text`, `reasoning`, `file`, `tool-…` and `step-start`. */
  @ApiProperty({ type: 'array', items: OBJECT, example: [{ type: 'text', text: 'Hello' }] })
  parts!: { type: string; [field: string]: unknown }[];

  /**
   * As in the stream, and the message's place in the tree: `message_id`, `parent_id` and `siblings`, ids of
   * this service.
   */
  @ApiProperty({ ...OBJECT, example: { created_at: '2025-09-06T03:30:00.000Z' } })
  metadata!: Record<string, unknown>;
}

/** A chat for `useChat`. */
@ApiSchema({ name: 'UiChat' })
export class UiChatDto {
  /** As in the path. */
  @ApiProperty({ type: String, example: 'pS2Xkf0wD3hQ1z' })
  id!: string;

  @ApiProperty({ type: String, example: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8' })
  conversation_id!: string;

  /** Its running generation, whose stream can be joined; null if there is none. */
  @ApiProperty({ type: String, nullable: true, example: null })
  active_generation_id!: string | null;

  /** Its active branch, without the system prompt and without an answer that is being written. */
  @ApiProperty({ type: () => [UiMessageDto] })
  messages!: UiMessageDto[];
}

/** Nothing ran that could be stopped. */
@ApiSchema({ name: 'UiNothingRuns' })
export class UiNothingRunsDto {
  /** Always null: there is no generation. */
  @ApiProperty({ type: String, nullable: true, example: null })
  id!: null;
}
