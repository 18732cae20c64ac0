import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

/** Text that every store can keep. Lone surrogates, refused too, cannot be said in JSON Schema. */
export const NO_NUL = '^[^\\u0000]*$';

/**
 * A string of `min` to `max` Unicode code points. class-validator's own lengths take a character and
 * its variation selector for one, so twice the limit passes them. `pattern` is only documented: what
 * is true of every accepted text, in what all readers of JSON Schema understand (no `\\p{…}`).
 */
export function CodePointLength(
  min: number,
  max: number,
  pattern: string = NO_NUL,
): PropertyDecorator {
  return applyDecorators(
    ValidateBy({
      name: 'codePointLength',
      validator: {
        validate: (value) => typeof value === 'string' && hasLength(value, min, max),
        defaultMessage: () => `$property must be a string of ${min} to ${max} characters`,
      },
    }),
    ApiProperty({ type: String, minLength: min, maxLength: max, pattern }),
  );
}

/** Whether `text` has `min` to `max` code points. */
export function hasLength(text: string, min: number, max: number): boolean {
  // A code point is one or two units: most texts need no count.
  if (text.length < min || text.length > 2 * max) return false;
  if (text.length <= max && text.length >= 2 * min) return true;
  const length = countCodePoints(text);
  return length >= min && length <= max;
}

/** Length of `text` in Unicode code points. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    if ((text.codePointAt(index) ?? 0) > 0xffff) index += 1;
    count += 1;
  }
  return count;
}
