import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { QueryInteger } from '../../common/validation/query-integer.decorator.js';
import { LONGEST_TAG } from './tags.decorator.js';

/** One of some words; its property's initial value is the default. */
function QueryChoice(...values: string[]): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, enum: values, required: false }),
    IsOptional(),
    IsIn(values, { message: `$property must be ${values.join(' or ')}` }),
  );
}

/** Which page of which list. */
export class ListQueryDto {
  /** Conversations to return. */
  @QueryInteger({ min: 1, max: 100 })
  limit = 10;

  /** Conversations to skip; default 0. Not beside `cursor`. */
  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  offset?: number;

  /** The `next_cursor` of the page before, with the same filters, sort and order. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, 1000)
  cursor?: string;

  /** `true`: only archived conversations; `false`: only others; `all`: both. */
  @QueryChoice('false', 'true', 'all')
  archived: 'false' | 'true' | 'all' = 'false';

  /** `true`: only pinned conversations; `false`: only others. Default: both. */
  @QueryChoice('true', 'false')
  pinned?: 'true' | 'false';

  /** Only conversations with this tag, compared exactly. */
  @ApiProperty({ required: false })
  @IsOptional()
  @CodePointLength(1, LONGEST_TAG)
  tag?: string;

  /** The time by which the list is ordered. */
  @QueryChoice('updated_at', 'created_at')
  sort: 'updated_at' | 'created_at' = 'updated_at';

  /** `desc`: newest first; `asc`: oldest first. */
  @QueryChoice('desc', 'asc')
  order: 'desc' | 'asc' = 'desc';
}
