import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { getMetadataStorage, IsObject, ValidateNested } from 'class-validator';

type DtoClass = new () => object;

/** A DTO class met on the way to a wrong field, and the path at which it stands. */
export interface Ancestor {
  type: object | undefined;
  path: string;
}

/** DTO class → its nested fields. */
const nestedFields = new Map<object, Map<string, () => DtoClass>>();

/**
 * A field that is one nested DTO: an object (arrays pass `@ValidateNested` alone), validated inside.
 * It also lets errors say where a misplaced field belongs.
 */
export function NestedObject(type: () => DtoClass): PropertyDecorator {
  return applyDecorators(
    IsObject({ message: '$property must be a JSON object' }),
    ValidateNested(),
    Type(type),
    (target: object, property: string | symbol) => {
      const fields = nestedFields.get(target.constructor) ?? new Map<string, () => DtoClass>();
      nestedFields.set(target.constructor, fields.set(String(property), type));
    },
  );
}

/**
 * Where a field that is unknown at `here` would be known: in one of its nested objects, or further
 * out. Undefined where it is known nowhere.
 */
export function placeHint(
  name: string,
  here: Ancestor,
  ancestors: readonly Ancestor[],
): string | undefined {
  for (const [field, type] of nestedOf(here.type)) {
    if (isKnownField(type(), name)) return `${name} belongs in ${field}`;
  }
  for (const { type, path } of ancestors.toReversed()) {
    if (isKnownField(type, name))
      return `${name} belongs ${path ? `in ${path}` : 'at the top level'}`;
  }
  return undefined;
}

function nestedOf(type: object | undefined): Iterable<[string, () => DtoClass]> {
  return (type && nestedFields.get(type)) ?? [];
}

/** The DTO class of the nested object `field` of a DTO class, if it is one. */
export function nestedTypeOf(type: object, field: string): object | undefined {
  return nestedFields.get(type)?.get(field)?.();
}

/** Whether a DTO class has this field. */
export function isKnownField(type: object | undefined, name: string): boolean {
  if (typeof type !== 'function') return false;
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .some(({ propertyName }) => propertyName === name);
}
