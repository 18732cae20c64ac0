/** DTO class → its fields of which `null` is a value. */
const fields = new Map<object, Set<string>>();

/** A field of which `null` means that there is to be none; anywhere else it is as if not sent. */
export function NullIsNone(): PropertyDecorator {
  return (target, property) => {
    const known = fields.get(target.constructor) ?? new Set<string>();
    fields.set(target.constructor, known.add(String(property)));
  };
}

export function isNullKept(type: object | undefined, field: string): boolean {
  return type !== undefined && fields.get(type)?.has(field) === true;
}
