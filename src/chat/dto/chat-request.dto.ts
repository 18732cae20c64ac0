import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { NestedObject } from '../../common/validation/nested-object.decorator.js';
import type { OnDisconnect } from '../../domain/generation.js';
import { ModelParametersDto } from './model-parameters.dto.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How the stream is written. */
@ApiSchema({ name: 'StreamOptions' })
export class StreamOptionsDto {
  /** `true` puts an `id: <seq>` line before each event, so that a reader can resume after it. */
  @ApiProperty({ required: false })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  ids?: boolean;
}

/** One message to the model, and what is to be made of it. */
@ApiSchema({ name: 'ChatRequest' })
export class ChatRequestDto {
  /** The user's message. Left out only with `regenerate`. */
  @ApiProperty({ required: false, example: 'Hello, how are you?' })
  @IsOptional()
  @CodePointLength(1, 10_000)
  message?: string;

  /** Model name; the service's default model when not given. See `GET /api/models`. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, 100)
  model?: string;

  /** The conversation to go on with; a new one begins when not given. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, 100)
  conversation_id?: string;

  @ApiProperty({ required: false, type: () => ModelParametersDto })
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto;

  /** System prompt of a new conversation; it becomes its first message. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string;

  /** A UUID of your own for this generation, so that it can be cancelled before it has answered. */
  @ApiProperty({ required: false, format: 'uuid' })
  @IsOptional()
  @Matches(UUID, { message: '$property must be a UUID' })
  generation_id?: string;

  /**
   * What happens when the last reader leaves: `cancel` at once, `grace` after a while without a
   * reader (30 s unless configured), `continue` to the end. Default `cancel`; with an
   * `Idempotency-Key`, `grace`; with `Prefer: respond-async`, always `continue`.
   */
  @ApiProperty({ required: false, enum: ['cancel', 'grace', 'continue'] })
  @IsOptional()
  @IsIn(['cancel', 'grace', 'continue'], {
    message: '$property must be cancel, grace or continue',
  })
  on_disconnect?: OnDisconnect;

  @ApiProperty({ required: false, type: () => StreamOptionsDto })
  @IsOptional()
  @NestedObject(() => StreamOptionsDto)
  stream_options?: StreamOptionsDto;

  /**
   * `true` with a `conversation_id` and no `message`: answers the last user message anew. The new
   * answer takes the place of the last one once it has begun.
   */
  @ApiProperty({ required: false })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  regenerate?: boolean;
}
