import { QueryInteger } from '../../common/validation/query-integer.decorator.js';

/** Where to resume the stream. */
export class ResumeQueryDto {
  /**
   * Number of the last event that was read. `Last-Event-ID` takes precedence over it, so that an
   * `EventSource` can begin with it and reconnect.
   */
  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  after?: number;
}
