import { QueryInteger } from '../../common/validation/query-integer.decorator.js';

/** Which page of the list. */
export class ListQueryDto {
  /** Conversations to return. */
  @QueryInteger({ min: 1, max: 100 })
  limit = 10;

  /** Conversations to skip. */
  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  offset = 0;
}
