import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isBlank, oneLine } from '../../common/text/one-line.js';
import { CodePointLength, hasLength } from '../../common/validation/code-point-length.decorator.js';

const MAX_LENGTH = 200;

/** Something visible, and no NUL: what `isBlank` says, as far as a plain pattern can. */
const HAS_VISIBLE = `^[^\\u0000]*[^${[
  '\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f',
  '\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\uffff',
].join('')}][^\\u0000]*$`;

/** The fields of a conversation that can be changed. */
@ApiSchema({ name: 'RenameConversation' })
export class RenameConversationDto {
  /**
   * The new title. It becomes one line: line breaks become spaces, surrounding spaces and control
   * characters are removed. It must contain a visible character.
   */
  @Transform(({ value }: { value: unknown }) => cleaned(value))
  @CodePointLength(1, MAX_LENGTH, HAS_VISIBLE)
  @ApiProperty({ example: 'New conversation title' })
  title!: string;
}

/** Its length is that of what was sent, but for spaces around it: what is too long is not cleaned. */
function cleaned(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const trimmed = value.trim();
  if (!hasLength(trimmed, 0, MAX_LENGTH)) return trimmed;
  const title = oneLine(trimmed);
  return isBlank(title) ? '' : title;
}
