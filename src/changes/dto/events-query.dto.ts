import { IsOptional, Matches } from 'class-validator';
import { CURSOR } from '../../store/change-feed.js';

/** Where to begin. */
export class EventsQueryDto {
  /**
   * The `id` of the last event that was read: all later ones come first. `Last-Event-ID` takes
   * precedence over it.
   */
  @IsOptional()
  @Matches(CURSOR, { message: '$property must be the id of an event of this stream' })
  after?: string;
}
