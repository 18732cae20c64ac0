import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isBlank, oneLine } from '../../common/text/one-line.js';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';

const MAX_LENGTH = 200;
/** What is longer than this many code units is refused as it is: cleaning it would cost time. */
const MAX_CLEANED = 10 * MAX_LENGTH;

/** What of a conversation can be changed. */
@ApiSchema({ name: 'RenameConversation' })
export class RenameConversationDto {
  /**
   * The new title. It becomes one line: line breaks are spaces, spaces around it and control
   * characters are dropped, and something visible must be left.
   */
  @Transform(({ value }: { value: unknown }) => cleaned(value))
  @CodePointLength(1, MAX_LENGTH)
  @ApiProperty({ example: 'New conversation title' })
  title!: string;
}

function cleaned(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > MAX_CLEANED) return value;
  const title = oneLine(value);
  return isBlank(title) ? '' : title;
}
