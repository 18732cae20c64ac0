import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';
import { normalId } from '../../common/validation/id.pipe.js';
import { QueryInteger } from '../../common/validation/query-integer.decorator.js';

const OfMessage = (): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? normalId(value) : value,
    ),
    CodePointLength(1, 100),
  );

/** Which messages of a conversation; all of its active branch by default. */
export class WindowQueryDto {
  /** The number of messages: the newest ones, or those directly before `before`. */
  @QueryInteger({ min: 1, max: 1000 })
  messages?: number;

  /** Id of a message: only messages above it, whatever branch it is on. */
  @OfMessage()
  before?: string;

  /**
   * Id of a message: the branch through it, on to the newest message below it, is read without being
   * chosen. `all`: every message, in the order made, parents first.
   */
  @OfMessage()
  branch?: string;
}
