import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { ToolDto, MAX_TOOLS } from '../../../chat/dto/tools.dto.js';
import { OpenBody } from '../../../common/http/body/body-limits.js';
import { ModelParametersDto } from '../../../common/http/model-parameters.dto.js';
import { CodePointLength } from '../../../common/validation/code-point-length.decorator.js';
import { ModelName } from '../../../common/validation/model-name.decorator.js';
import { NestedList, NestedObject } from '../../../common/validation/nested-object.decorator.js';
import type { OnDisconnect } from '../../../domain/generation.js';
import { MODEL_NAME_PATTERN } from '../../../domain/model-name.js';
import { TOOL_CHOICES, type ToolChoice } from '../../../domain/model.js';
import { TRUNCATIONS, type Truncation } from '../../../domain/report.js';
import { ApiEnum } from '../../../openapi/decorators/api-enum.js';

const OPTIONAL = { required: false, nullable: true } as const;
const MESSAGE = { type: 'object', additionalProperties: true } as const;
export const TRIGGERS = ['submit-message', 'regenerate-message'] as const;

/** A request as it was sent. */
@OpenBody()
export class UiChatBody {
  readonly [field: string]: unknown;
}

/** What `DefaultChatTransport` sends, with fields of this API that its `body` may add. Others are ignored. */
@ApiSchema({ name: 'UiChatRequest' })
export class UiChatRequestDto {
  /** The chat's id: the client's own, or that of a conversation. */
  @CodePointLength(1, 100)
  id!: string;

  /** The client's messages, of which the last ones count: the history is here. Or `message` alone. */
  @ApiProperty({ ...OPTIONAL, type: 'array', items: MESSAGE })
  messages?: unknown[];

  /** The last message, in place of `messages`. */
  @ApiPropertyOptional({ nullable: true, ...MESSAGE })
  message?: object;

  @ApiProperty({ ...OPTIONAL, enum: [...TRIGGERS, null] })
  @IsOptional()
  @IsIn(TRIGGERS, { message: '$property must be submit-message or regenerate-message' })
  trigger?: (typeof TRIGGERS)[number];

  /** With `submit-message`: the message of the user that is sent again, changed. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 100)
  messageId?: string;

  /** Model name. Default: the chat's, else the service's default model. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @ModelName()
  @CodePointLength(1, 100, MODEL_NAME_PATTERN)
  model?: string;

  @ApiProperty({ ...OPTIONAL, type: () => ModelParametersDto })
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto;

  /** System prompt of a new chat; ignored later. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string;

  /** As in `ChatRequest`, but `grace` by default: a reload and `stop()` just close the connection. */
  @ApiEnum('OnDisconnect', OPTIONAL)
  @IsOptional()
  @IsIn(['cancel', 'grace', 'continue'], {
    message: '$property must be cancel, grace or continue',
  })
  on_disconnect?: OnDisconnect;

  /** As in `ChatRequest`. */
  @ApiEnum('Truncation', OPTIONAL)
  @IsOptional()
  @IsIn(TRUNCATIONS, { message: '$property must be auto or error' })
  truncation?: Truncation;

  /** Tools that the client runs; their results come with its next request. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @NestedList(() => ToolDto, MAX_TOOLS)
  tools?: ToolDto[];

  @ApiEnum('ToolChoice', OPTIONAL)
  @IsOptional()
  @IsIn(TOOL_CHOICES, { message: '$property must be auto or none' })
  tool_choice?: ToolChoice;
}
