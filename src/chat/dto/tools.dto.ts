import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsObject, IsOptional, Matches } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { JsonAsSent } from '../../common/validation/json-as-sent.decorator.js';
import { NestedObject } from '../../common/validation/nested-object.decorator.js';

export const MAX_TOOLS = 128;
/** More than any model calls in one answer. */
export const MAX_TOOL_RESULTS = 128;

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const OPTIONAL = { required: false, nullable: true } as const;

/** A function that the model may call. */
@ApiSchema({ name: 'ToolFunction' })
export class ToolFunctionDto {
  @ApiProperty({ example: 'get_weather', pattern: TOOL_NAME.source })
  @Matches(TOOL_NAME, {
    message: '$property must be 1 to 64 letters, digits, underscores or hyphens',
  })
  name!: string;

  /** What it does and when to call it, for the model. */
  @ApiProperty({ ...OPTIONAL, example: 'The weather in a city now' })
  @IsOptional()
  @CodePointLength(0, 10_000)
  description?: string;

  /** JSON Schema of its arguments; sent to the model as it is. */
  @ApiPropertyOptional({
    nullable: true,
    type: 'object',
    additionalProperties: true,
    example: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    },
  })
  @IsOptional()
  @IsObject({ message: '$property must be a JSON Schema: an object' })
  @JsonAsSent()
  parameters?: Record<string, unknown>;
}

/** A tool that the model may call. This service calls none: the client does, and sends the result. */
@ApiSchema({ name: 'Tool' })
export class ToolDto {
  @ApiProperty({ type: String, example: 'function', description: 'Always `function`.' })
  @IsIn(['function'], { message: '$property must be function' })
  type!: 'function';

  @ApiProperty({ type: () => ToolFunctionDto })
  @NestedObject(() => ToolFunctionDto)
  function!: ToolFunctionDto;
}

/** The result of a tool call of the last answer. */
@ApiSchema({ name: 'ToolResult' })
export class ToolResultDto {
  /** `id` of the call. */
  @ApiProperty({ example: 'call_b1f0c3' })
  @CodePointLength(1, 200)
  tool_call_id!: string;

  /** What the tool gave, as text for the model; JSON is text too. */
  @ApiProperty({ example: '{"temperature": 21}' })
  @CodePointLength(0, 100_000)
  content!: string;

  /** `true` if the tool failed: `content` says how. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  is_error?: boolean;
}
