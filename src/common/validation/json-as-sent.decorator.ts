import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';

/** DTO class → its fields whose values are kept as sent. */
const fields = new Map<object, Set<string>>();

/**
 * A field whose value is passed on exactly as the client sent it, such as a JSON Schema: `null` inside
 * it stays, and no name in it has an effect here.
 */
export function JsonAsSent(): PropertyDecorator {
  return applyDecorators(
    // Boolean, since class-transformer does not look into what becomes one: it takes a field named
    // `constructor` for the class of its object.
    Type(() => Boolean),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
    (target: object, property: string | symbol) => {
      const known = fields.get(target.constructor) ?? new Set<string>();
      fields.set(target.constructor, known.add(String(property)));
    },
  );
}

export function isSentAsIs(type: object | undefined, field: string): boolean {
  return type !== undefined && fields.get(type)?.has(field) === true;
}
