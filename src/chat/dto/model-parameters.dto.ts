import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';
import { TextList } from '../../common/validation/text-list.decorator.js';

const UNIT = {
  required: false,
  nullable: true,
  type: 'number',
  format: 'double',
  minimum: 0,
  maximum: 1,
} as const;
const UNIT_RANGE = { message: '$property must be a number from 0 to 1' };
const TOKEN_RANGE = { message: '$property must be a whole number from 1 to 4096' };

/** Parameters of the model. Default of each: the service's setting. */
@ApiSchema({ name: 'ModelParameters' })
export class ModelParametersDto {
  /** Sampling temperature. Default: `MODEL_DEFAULT_TEMPERATURE`, 0.7 if unset. */
  @ApiProperty({ ...UNIT, example: 0.7 })
  @IsOptional()
  @IsNumber({}, UNIT_RANGE)
  @Min(0, UNIT_RANGE)
  @Max(1, UNIT_RANGE)
  temperature?: number;

  /** Longest answer in tokens. Default: `MODEL_DEFAULT_MAX_TOKENS`, 1000 if unset. */
  @ApiProperty({
    required: false,
    nullable: true,
    type: 'integer',
    minimum: 1,
    maximum: 4096,
    example: 500,
  })
  @IsOptional()
  @IsInt(TOKEN_RANGE)
  @Min(1, TOKEN_RANGE)
  @Max(4096, TOKEN_RANGE)
  max_tokens?: number;

  /** Nucleus sampling. Default: `MODEL_DEFAULT_TOP_P`, 1.0 if unset. */
  @ApiProperty({ ...UNIT, example: 0.9 })
  @IsOptional()
  @IsNumber({}, UNIT_RANGE)
  @Min(0, UNIT_RANGE)
  @Max(1, UNIT_RANGE)
  top_p?: number;

  /** Texts at which the answer ends; they are not part of it. */
  @ApiProperty({ required: false, nullable: true, example: ['\n\n'] })
  @IsOptional()
  @TextList({ maxItems: 16, maxLength: 100 })
  stop?: string[];
}
