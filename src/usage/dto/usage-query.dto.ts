import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { isDay } from '../../domain/utc-days.js';

/** Longer than any owner: a name, or what an identity provider calls a person. */
const LONGEST_OWNER = 300;

function QueryDay(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, format: 'date', required: false, example: '2026-11-25' }),
    IsOptional(),
    ValidateBy({
      name: 'queryDay',
      validator: {
        validate: (value) => typeof value === 'string' && isDay(value),
        defaultMessage: () => '$property must be a day such as 2026-11-25',
      },
    }),
  );
}

/** Which days of whose usage. */
export class UsageQueryDto {
  /** The first day, in UTC. Default: 29 days before `to`. */
  @QueryDay()
  from?: string;

  /** The last day, in UTC, itself included. Default: today. At most 366 days in all. */
  @QueryDay()
  to?: string;

  /** The usage of this owner, or of all (`*`); needs a key with the scope `admin`. Default: your own. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, LONGEST_OWNER)
  owner?: string;
}
