import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { isBlank, oneLine } from '../../common/text/one-line.js';
import { CodePointLength, hasLength } from '../../common/validation/code-point-length.decorator.js';

const MAX_LENGTH = 200;

/** Something visible, and no NUL: what `isBlank` says, as far as a plain pattern can. */
export const HAS_VISIBLE = `^[^\\u0000]*[^${[
  '\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f',
  '\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb',
].join('')}][^\\u0000]*$`;

/** A title: one line with a visible character. */
export function Title(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => cleaned(value, MAX_LENGTH)),
    CodePointLength(1, MAX_LENGTH, HAS_VISIBLE),
    ApiProperty({ example: 'New conversation title' }),
  );
}

/**
 * The text as one line; `''` for a blank one. Its length is that of what was sent, but for spaces around
 * it: what is too long is not cleaned.
 */
export function cleaned(value: unknown, maxLength: number): unknown {
  if (typeof value !== 'string') return value;
  const trimmed = value.trim();
  if (!hasLength(trimmed, 0, maxLength)) return trimmed;
  const line = oneLine(trimmed);
  return isBlank(line) ? '' : line;
}
