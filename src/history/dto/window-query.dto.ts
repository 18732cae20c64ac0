import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { normalId } from '../../common/validation/id.pipe.js';
import { QueryInteger } from '../../common/validation/query-integer.decorator.js';

/** Which messages of a conversation; all of them by default. */
export class WindowQueryDto {
  /** The number of messages: the newest ones, or those directly before `before`. */
  @QueryInteger({ min: 1, max: 1000 })
  messages?: number;

  /** Id of a message: only messages before it. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? normalId(value) : value,
  )
  @CodePointLength(1, 100)
  before?: string;
}
