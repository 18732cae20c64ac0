import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { QueryInteger } from '../../common/validation/query-integer.decorator.js';

/** Where to resume the stream. */
export class ResumeQueryDto {
  /**
   * Number of the last event that was read. `Last-Event-ID` takes precedence over it, so that an
   * `EventSource` can begin with it and reconnect.
   */
  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  after?: number;

  /**
   * `true`: the stream also has a block `{"phase": …}` for each phase that begins, the present one
   * first. Such blocks have no number.
   */
  @ApiProperty({ required: false, enum: ['true', 'false'] })
  @IsOptional()
  @IsIn(['true', 'false'], { message: '$property must be true or false' })
  phases?: 'true' | 'false';
}
