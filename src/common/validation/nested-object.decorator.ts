import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ApiProperty } from '@nestjs/swagger';
import { getMetadataStorage, IsArray, IsObject, ValidateNested } from 'class-validator';

type DtoClass = new () => object;

/** A DTO class met on the way to a wrong field, and the path at which it stands. */
export interface Ancestor {
  type: object | undefined;
  path: string;
}

/** A nested field: one DTO, or a list of at most `maxItems`. */
interface NestedField {
  type: () => DtoClass;
  maxItems: number | null;
}

/** DTO class → its nested fields. */
const nestedFields = new Map<object, Map<string, NestedField>>();

/**
 * A field that is one nested DTO: an object (arrays pass `@ValidateNested` alone), validated inside.
 * It also lets errors say where a misplaced field belongs.
 */
export function NestedObject(type: () => DtoClass): PropertyDecorator {
  return applyDecorators(
    IsObject({ message: '$property must be a JSON object' }),
    ValidateNested(),
    Type(type),
    register({ type, maxItems: null }),
  );
}

/**
 * A field that is a list of nested DTOs. Its length is checked before its items are
 * (`cleanValues`): class-validator would look at each of 20,000 first.
 */
export function NestedList(type: () => DtoClass, maxItems: number): PropertyDecorator {
  return applyDecorators(
    IsArray({ message: '$property must be a list' }),
    IsObject({ each: true, message: '$property must be a list of JSON objects' }),
    ValidateNested({ each: true }),
    Type(type),
    // Swagger takes a function for a late reference by its name, `type`.
    ApiProperty({ type: () => type(), isArray: true, maxItems }),
    register({ type, maxItems }),
  );
}

function register(field: NestedField): PropertyDecorator {
  return (target, property) => {
    const fields = nestedFields.get(target.constructor) ?? new Map<string, NestedField>();
    nestedFields.set(target.constructor, fields.set(String(property), field));
  };
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
  for (const [field, { type }] of nestedOf(here.type)) {
    if (isKnownField(type(), name)) return `${name} belongs in ${field}`;
  }
  for (const { type, path } of ancestors.toReversed()) {
    if (isKnownField(type, name))
      return `${name} belongs ${path ? `in ${path}` : 'at the top level'}`;
  }
  return undefined;
}

function nestedOf(type: object | undefined): Iterable<[string, NestedField]> {
  return (type && nestedFields.get(type)) ?? [];
}

/** The DTO class of the nested field `field` of a DTO class, or of its items, if it is one. */
export function nestedTypeOf(type: object | undefined, field: string): object | undefined {
  return type && nestedFields.get(type)?.get(field)?.type();
}

/** How many items a nested list may have; null for all else. */
export function maxItemsOf(type: object | undefined, field: string): number | null {
  return (type && nestedFields.get(type)?.get(field)?.maxItems) ?? null;
}

/** Whether a DTO class has this field. */
export function isKnownField(type: object | undefined, name: string): boolean {
  if (typeof type !== 'function') return false;
  return getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .some(({ propertyName }) => propertyName === name);
}
