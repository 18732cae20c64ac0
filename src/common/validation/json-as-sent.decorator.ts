import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';

/** What a value that is kept as sent may be at most; its error names the field. */
export interface SentLimits {
  /** Bytes of its JSON text. */
  maxBytes: number;
  /** Objects and lists in each other, itself included. */
  maxDepth: number;
}

/** DTO class → its fields whose values are kept as sent. */
const fields = new Map<object, Map<string, SentLimits | null>>();

/**
 * A field whose value is passed on exactly as the client sent it, such as a JSON Schema: `null` inside
 * it stays, and no name in it has an effect here.
 */
export function JsonAsSent(limits: SentLimits | null = null): PropertyDecorator {
  return applyDecorators(
    // Boolean, since class-transformer does not look into what becomes one: it takes a field named
    // `constructor` for the class of its object.
    Type(() => Boolean),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
    (target: object, property: string | symbol) => {
      const known = fields.get(target.constructor) ?? new Map<string, SentLimits | null>();
      fields.set(target.constructor, known.set(String(property), limits));
    },
  );
}

export function isSentAsIs(type: object | undefined, field: string): boolean {
  return type !== undefined && fields.get(type)?.has(field) === true;
}

export function sentLimitsOf(type: object | undefined, field: string): SentLimits | null {
  return (type && fields.get(type)?.get(field)) ?? null;
}
