import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { TextList } from '../../common/validation/text-list.decorator.js';
import { cleaned, HAS_VISIBLE } from './title.decorator.js';

const MOST_TAGS = 20;
export const LONGEST_TAG = 50;

/** Tags: each one line, in the order given, none twice. */
export function Tags(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      Array.isArray(value) ? [...new Set(value.map((tag) => cleaned(tag, LONGEST_TAG)))] : value,
    ),
    TextList({ maxItems: MOST_TAGS, maxLength: LONGEST_TAG, pattern: HAS_VISIBLE }),
  );
}
