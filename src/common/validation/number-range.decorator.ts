import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';

interface Range {
  minimum: number;
  maximum: number;
  example?: number;
}

/** An optional number, both ends included. */
export function OptionalNumber(range: Range): PropertyDecorator {
  const { minimum, maximum } = range;
  const message = `$property must be a number from ${minimum} to ${maximum}`;
  return applyDecorators(
    ApiProperty({
      required: false,
      nullable: true,
      type: 'number',
      format: 'double',
      minimum,
      maximum,
      ...exampleOf(range),
    }),
    IsOptional(),
    IsNumber({}, { message }),
    Min(minimum, { message }),
    Max(maximum, { message }),
  );
}

/** An optional whole number, both ends included. */
export function OptionalInteger(range: Range): PropertyDecorator {
  const { minimum, maximum } = range;
  const message = `$property must be a whole number from ${minimum} to ${maximum}`;
  return applyDecorators(
    ApiProperty({
      required: false,
      nullable: true,
      type: 'integer',
      minimum,
      maximum,
      ...exampleOf(range),
    }),
    IsOptional(),
    IsInt({ message }),
    Min(minimum, { message }),
    Max(maximum, { message }),
  );
}

const exampleOf = ({ example }: Range) => (example === undefined ? {} : { example });
