import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsOptional, ValidateIf } from 'class-validator';
import { ModelParametersDto } from '../../common/http/model-parameters.dto.js';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { ModelName } from '../../common/validation/model-name.decorator.js';
import { NestedObject } from '../../common/validation/nested-object.decorator.js';
import { OptionalBody } from '../../common/validation/optional-body.decorator.js';
import { NullIsNone } from '../../common/validation/null-is-none.decorator.js';
import { MODEL_NAME_PATTERN } from '../../domain/model-name.js';
import { Tags } from './tags.decorator.js';
import { Title } from './title.decorator.js';

const OPTIONAL = { required: false, nullable: true } as const;
const NOT_NULL = { required: false } as const;

/** A field that may be left out, but is not null. */
const IsGiven = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** Settings of a new conversation. `null` means that the field is absent. */
@OptionalBody()
@ApiSchema({ name: 'NewConversation' })
export class NewConversationDto {
  /** Default: `New conversation`, until its first message names it. A title that is given stays. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @Title()
  title?: string;

  /** System prompt of all its turns; shown as the first message. */
  @ApiProperty({ ...OPTIONAL, example: 'You are a pirate. Answer in one sentence.' })
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string;

  /** The model that answers where a request names none. */
  @ApiProperty({ ...OPTIONAL, example: null })
  @IsOptional()
  @ModelName()
  @CodePointLength(1, 100, MODEL_NAME_PATTERN)
  model?: string;

  /** Parameters for requests that do not set them, each by itself. */
  @ApiProperty({ ...OPTIONAL, type: () => ModelParametersDto })
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto;

  /** Each becomes one line, as a title does. Compared exactly; repeats are dropped. */
  @ApiProperty({ ...OPTIONAL, example: ['work'] })
  @IsOptional()
  @Tags()
  tags?: string[];

  /** Pinned conversations are the last to be removed when there are too many. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  pinned?: boolean;

  /** Archived conversations are not in the list unless it is asked for them. */
  @ApiProperty({ ...OPTIONAL })
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  archived?: boolean;
}

/** What is to change of a conversation: at least one field; what is left out stays, `null` is none. */
@ApiSchema({ name: 'UpdateConversation' })
export class UpdateConversationDto {
  /**
   * It becomes one line: line breaks become spaces, surrounding spaces and control characters are
   * removed. It must contain a visible character.
   */
  @ApiProperty({ ...NOT_NULL })
  @NullIsNone()
  @IsGiven()
  @Title()
  title?: string;

  /** System prompt of all branches, for the next turns; shown as the first message. */
  @ApiProperty({ ...OPTIONAL })
  @NullIsNone()
  @IsOptional()
  @CodePointLength(1, 10_000)
  system?: string | null;

  /** The model that answers where a request names none. */
  @ApiProperty({ ...OPTIONAL })
  @NullIsNone()
  @IsOptional()
  @ModelName()
  @CodePointLength(1, 100, MODEL_NAME_PATTERN)
  model?: string | null;

  /** Parameters for requests that do not set them, each by itself; replaced as a whole. */
  @ApiProperty({ ...OPTIONAL, type: () => ModelParametersDto })
  @NullIsNone()
  @IsOptional()
  @NestedObject(() => ModelParametersDto)
  parameters?: ModelParametersDto | null;

  /** Replaced as a whole. Each becomes one line, as a title does. Compared exactly; repeats are dropped. */
  @ApiProperty({ ...OPTIONAL, example: ['work'] })
  @NullIsNone()
  @IsOptional()
  @Tags()
  tags?: string[] | null;

  /** Pinned conversations are the last to be removed when there are too many. */
  @ApiProperty({ ...OPTIONAL })
  @NullIsNone()
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  pinned?: boolean | null;

  /** Archived conversations are not in the list unless it is asked for them. */
  @ApiProperty({ ...OPTIONAL })
  @NullIsNone()
  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  archived?: boolean | null;

  /** Chooses the branch through this message, on to the newest message below it; for all devices. */
  @ApiProperty({ ...NOT_NULL, example: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21' })
  @NullIsNone()
  @IsGiven()
  @CodePointLength(1, 100)
  active_message_id?: string;
}
