import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, Matches, ValidateIf } from 'class-validator';
import { LargeBody } from '../../common/http/body/body-limits.js';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { ModelName } from '../../common/validation/model-name.decorator.js';
import { NestedList, NestedObject } from '../../common/validation/nested-object.decorator.js';
import type { OnDisconnect } from '../../domain/generation.js';
import { TRUNCATIONS, type Truncation } from '../../domain/report.js';
import { MODEL_NAME_PATTERN } from '../../domain/model-name.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';
import { TOOL_CHOICES, type ToolChoice } from '../../domain/model.js';
import { IMAGE_TEXTS } from '../images/image-limits.js';
import { Images } from './images.decorator.js';
import { ModelParametersDto } from '../../common/http/model-parameters.dto.js';
import { MAX_TOOL_RESULTS, MAX_TOOLS, ToolDto, ToolResultDto } from './tools.dto.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `null` means that the field is absent. */
const OPTIONAL = { required: false, nullable: true } as const;

/** How the stream is written. */
@ApiSchema({ name: 'StreamOptions' })
export class StreamOptionsDto {
  /** `true` puts an `id: <seq>` line before each event, so that a reader can resume after it. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  ids?: boolean;

  /**
   * `true`: a block `{"phase": "queued", "position": 3}`, `loading`, `prompt`, `thinking` or
   * `generating` when each begins, the present one first. Such blocks have no number and are not
   * replayed. The headers are sent with the first of them, so that a later failure is an error block.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  phases?: boolean;
}

/** One message to the model, with options for its answer. */
@LargeBody(IMAGE_TEXTS)
@ApiSchema({ name: 'ChatRequest' })
export class ChatRequestDto {
  /**
   * The user's message. Required, except with `regenerate` and `tool_results`; beside `images` it may
   * be empty or left out.
   */
  // When it may be empty is in the rules of `finishSchemas`.
  @ApiProperty({ ...OPTIONAL, minLength: 0, example: 'Hello, how are you?' })
  @IsOptional()
  @ValidateIf(({ message, images }: ChatRequestDto) => message !== '' || !images?.length)
  @CodePointLength(1, 10_000)
  message?: string;

  /**
   * Images that belong to the message, for a model with the capability `vision`: PNG, JPEG or WebP, at
   * most 10 MB and 50 megapixels each. Each is a data URL, or its bytes in base64 with their type.
   */
  @Images()
  images?: unknown[];

  /** Model name. Default: the service's default model. See `GET /api/models`. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @ModelName()
  @CodePointLength(1, 100, MODEL_NAME_PATTERN)
  model?: string;

  /** The conversation to continue. Default: a new conversation. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 100)
  conversation_id?: string;

  /**
   * The message that this turn follows, with `conversation_id`. Default: the end of the active branch.
   * To edit an earlier message of the user, send the new `message` with its `parent_id`; to answer again,
   * `regenerate` with the `parent_id` of the answer. Both branches stay. The conversation's id is the
   * top, before the first message.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 100)
  parent_id?: string;

  @ApiProperty({ ...OPTIONAL, type: () => ModelParametersDto })
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto;

  /**
   * System prompt of a new conversation; it becomes its first message. Not allowed with
   * `conversation_id`.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string;

  /**
   * A UUID that the client makes for this generation, so that it can cancel it before the first
   * response.
   */
  @ApiProperty({ ...OPTIONAL, format: 'uuid' })
  @IsOptional()
  @Matches(UUID, { message: '$property must be a UUID' })
  generation_id?: string;

  /**
   * What happens when the last reader disconnects: `cancel` at once, `grace` after some time
   * without a reader (30 s by default), `continue` to the end. Default `cancel`; with an
   * `Idempotency-Key`, `grace`; with `Prefer: respond-async`, always `continue`.
   */
  @ApiEnum('OnDisconnect', OPTIONAL)
  @IsOptional()
  @IsIn(['cancel', 'grace', 'continue'], {
    message: '$property must be cancel, grace or continue',
  })
  on_disconnect?: OnDisconnect;

  /**
   * What happens to earlier messages that do not fit into the model's context: `auto` leaves the
   * oldest out, and `context` in the answer says how many; `error` refuses the request
   * (`context_exceeded`), and nothing of it is stored. Default `auto`.
   */
  @ApiEnum('Truncation', OPTIONAL)
  @IsOptional()
  @IsIn(TRUNCATIONS, { message: '$property must be auto or error' })
  truncation?: Truncation;

  @ApiProperty({ ...OPTIONAL, type: () => StreamOptionsDto })
  @IsOptional()
  @NestedObject(() => StreamOptionsDto)
  stream_options?: StreamOptionsDto;

  /**
   * Tools that the model may call in this answer; send them with every request. The model needs the
   * capability `tools`.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @NestedList(() => ToolDto, MAX_TOOLS)
  tools?: ToolDto[];

  /** `none`: the tools are not shown to the model, so it calls none. Default `auto`. */
  @ApiEnum('ToolChoice', OPTIONAL)
  @IsOptional()
  @IsIn(TOOL_CHOICES, { message: '$property must be auto or none' })
  tool_choice?: ToolChoice;

  /**
   * Results of tools that the last answer called, alone or with a `message` after them. A call that
   * gets no result here is shown to the model as one without, and can get none later.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @NestedList(() => ToolResultDto, MAX_TOOL_RESULTS)
  tool_results?: ToolResultDto[];

  /**
   * `true` with a `conversation_id` and no `message`: answers the last user message again, or the
   * last results of tools, or the message that `parent_id` names. As soon as it has its first token, the
   * new answer stands beside the old one, which stays, and is the end of the active branch.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  regenerate?: boolean;
}
