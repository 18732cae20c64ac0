import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { hasLength, NO_NUL } from './code-point-length.decorator.js';

/** A list of at most `maxItems` texts, each of 1 to `maxLength` Unicode code points. */
export function TextList(maxItems: number, maxLength: number): PropertyDecorator {
  const isText = (item: unknown): boolean =>
    typeof item === 'string' && hasLength(item, 1, maxLength);
  return applyDecorators(
    ValidateBy({
      name: 'textList',
      validator: {
        // The length first: nothing is looked at in a list that is too long anyway.
        validate: (value) =>
          Array.isArray(value) && value.length <= maxItems && value.every(isText),
        defaultMessage: () =>
          `$property must be an array of at most ${maxItems} strings of 1 to ${maxLength} characters`,
      },
    }),
    ApiProperty({
      type: 'array',
      maxItems,
      items: { type: 'string', minLength: 1, maxLength, pattern: NO_NUL },
    }),
  );
}
