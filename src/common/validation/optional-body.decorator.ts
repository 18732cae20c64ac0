const optional = new WeakSet();

/** A DTO class of which all fields may be left out, and so may the body. */
export function OptionalBody(): ClassDecorator {
  return (dto) => {
    optional.add(dto);
  };
}

export function isBodyOptional(dto: object | undefined): boolean {
  return dto !== undefined && optional.has(dto);
}
