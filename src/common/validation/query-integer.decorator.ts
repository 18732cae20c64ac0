import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

export interface QueryIntegerOptions {
  min: number;
  max: number;
}

/**
 * A whole number of the query, in decimal digits alone and given once; its property's initial value
 * is the default. `''`, `0x10`, `1e1`, `1.0`, `+1` and a repeated parameter are refused.
 */
export function QueryInteger({ min, max }: QueryIntegerOptions): PropertyDecorator {
  const bounded = max !== Number.MAX_SAFE_INTEGER;
  const range = bounded ? `from ${min} to ${max}` : `of at least ${min}`;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => fromDigits(value)),
    ValidateBy({
      name: 'queryInteger',
      validator: {
        validate: (value: unknown) =>
          value === undefined || (typeof value === 'number' && value >= min && value <= max),
        defaultMessage: () => `$property must be a whole number ${range}, in decimal digits`,
      },
    }),
    ApiProperty({
      type: 'integer',
      ...(max > 2 ** 31 - 1 && { format: 'int64' }),
      minimum: min,
      maximum: max,
      required: false,
    }),
  );
}

function fromDigits(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
}
