import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { LargeBody } from '../../common/http/body/body-limits.js';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { ModelName } from '../../common/validation/model-name.decorator.js';
import { NestedObject } from '../../common/validation/nested-object.decorator.js';
import type { OnDisconnect } from '../../domain/generation.js';
import { MODEL_NAME_PATTERN } from '../../domain/model-name.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';
import { ModelParametersDto } from './model-parameters.dto.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `null` is as if the field were not there. */
const OPTIONAL = { required: false, nullable: true } as const;

/** How the stream is written. */
@ApiSchema({ name: 'StreamOptions' })
export class StreamOptionsDto {
  /** `true` puts an `id: <seq>` line before each event, so that a reader can resume after it. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  ids?: boolean;
}

/** One message to the model, and what is to be made of it. */
@LargeBody()
@ApiSchema({ name: 'ChatRequest' })
export class ChatRequestDto {
  /** The user's message. Required, but with `regenerate`. */
  @ApiProperty({ ...OPTIONAL, example: 'Hello, how are you?' })
  @IsOptional()
  @CodePointLength(1, 10_000)
  message?: string;

  /** Model name; the service's default model when not given. See `GET /api/models`. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @ModelName()
  @CodePointLength(1, 100, MODEL_NAME_PATTERN)
  model?: string;

  /** The conversation to go on with; a new one begins when not given. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 100)
  conversation_id?: string;

  @ApiProperty({ ...OPTIONAL, type: () => ModelParametersDto })
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto;

  /** System prompt of a new conversation, of which it becomes the first message. Not with `conversation_id`. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string;

  /** A UUID of your own for this generation, so that it can be cancelled before it has answered. */
  @ApiProperty({ ...OPTIONAL, format: 'uuid' })
  @IsOptional()
  @Matches(UUID, { message: '$property must be a UUID' })
  generation_id?: string;

  /**
   * What happens when the last reader leaves: `cancel` at once, `grace` after a while without a
   * reader (30 s unless configured), `continue` to the end. Default `cancel`; with an
   * `Idempotency-Key`, `grace`; with `Prefer: respond-async`, always `continue`.
   */
  @ApiEnum('OnDisconnect', OPTIONAL)
  @IsOptional()
  @IsIn(['cancel', 'grace', 'continue'], {
    message: '$property must be cancel, grace or continue',
  })
  on_disconnect?: OnDisconnect;

  @ApiProperty({ ...OPTIONAL, type: () => StreamOptionsDto })
  @IsOptional()
  @NestedObject(() => StreamOptionsDto)
  stream_options?: StreamOptionsDto;

  /**
   * `true` with a `conversation_id` and no `message`: answers the last user message anew. The new
   * answer takes the place of the last one once it has begun.
   */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  regenerate?: boolean;
}
