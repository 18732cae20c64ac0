import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { hasLength, NO_NUL } from './code-point-length.decorator.js';

export interface TextListLimits {
  maxItems: number;
  maxLength: number;
  /** Of each item; it is only documented, as that of `CodePointLength`. */
  pattern?: string;
}

/**
 * A list of at most `maxItems` strings of 1 to `maxLength` code points. One check for the whole:
 * class-validator would look at each of 20,000 items before it says that there are too many.
 */
export function TextList(limits: TextListLimits): PropertyDecorator {
  const { maxItems, maxLength, pattern = NO_NUL } = limits;
  const validate = (value: unknown): boolean =>
    Array.isArray(value) &&
    value.length <= maxItems &&
    value.every((item) => typeof item === 'string' && hasLength(item, 1, maxLength));
  return applyDecorators(
    ValidateBy({
      name: 'textList',
      validator: {
        validate,
        defaultMessage: () =>
          `$property must be a list of at most ${maxItems} strings of 1 to ${maxLength} characters`,
      },
    }),
    ApiProperty({
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength, pattern },
      maxItems,
    }),
  );
}
