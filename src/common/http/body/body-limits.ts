/** Limits of a body. */
export interface BodyLimits {
  /** As received, and as decompressed. */
  readonly maxBytes: number;
  /** JSON values: each object, array, string, number, `true`, `false` and `null`. */
  readonly maxValues: number;
}

/**
 * A valid message has up to 10,000 code points, each of up to 12 bytes if it is escaped
 * (`\ud83d\ude00`).
 */
export const MAX_BODY_BYTES = 256 * 1024;
/** Far more than any body of this API has; each takes some microseconds to check. */
export const MAX_BODY_VALUES = 20_000;

const largeBodies = new WeakSet<object>();

/** A DTO class whose bodies may be as large as `MAX_CHAT_BODY`. */
export function LargeBody(): ClassDecorator {
  return (dto) => {
    largeBodies.add(dto);
  };
}

/** The limits of bodies that are read as `dto`. */
export function bodyLimits(dto: object | undefined, maxChatBody: number): BodyLimits {
  const large = dto !== undefined && largeBodies.has(dto);
  return { maxBytes: large ? maxChatBody : MAX_BODY_BYTES, maxValues: MAX_BODY_VALUES };
}
