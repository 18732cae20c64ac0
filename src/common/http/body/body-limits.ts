/** Limits of a body. */
export interface BodyLimits {
  /** As received, and as decompressed. */
  readonly maxBytes: number;
  /** JSON values: each object, array, string, number, `true`, `false` and `null`. */
  readonly maxValues: number;
  /** Long texts beside them; null if there may be none. */
  readonly texts: LargeTexts | null;
  /** Whether any `Content-Type` is taken for JSON. */
  readonly anyType?: boolean;
}

/** Long texts in a list: they are read as `LargeText`, and are not counted with the rest of the body. */
export interface LargeTexts {
  /** The field that is the list, at the top level; its items are texts, or objects with texts. */
  readonly field: string;
  /** Of all together. */
  readonly maxBytes: number;
}

/**
 * A valid message has up to 10,000 code points, each of up to 12 bytes if it is escaped
 * (`\ud83d\ude00`).
 */
export const MAX_BODY_BYTES = 256 * 1024;
/** Far more than any body of this API has; each takes some microseconds to check. */
export const MAX_BODY_VALUES = 20_000;

/** On the wires, whose clients send a whole history with each request. */
const MAX_OPEN_BODY_VALUES = 100_000;

/** How the bodies of another product's API are read. */
export interface OpenBodyOptions {
  /** Whether any `Content-Type` is taken for JSON. */
  readonly anyType?: boolean;
}

const openBodies = new WeakMap<object, OpenBodyOptions>();

/**
 * A class whose bodies are given as they were sent, as large as `MAX_CHAT_BODY`: a JSON object of storable
 * text, of which nothing else is checked. Unknown fields are its reader's to ignore.
 */
export function OpenBody(options: OpenBodyOptions = {}): ClassDecorator {
  return (body) => {
    openBodies.set(body, options);
  };
}

/** Null for a class of which every field is checked. */
export function openBodyOf(dto: object | undefined): OpenBodyOptions | null {
  return (dto && openBodies.get(dto)) ?? null;
}

const largeBodies = new WeakMap<object, LargeTexts | null>();

/** A DTO class whose bodies may be as large as `MAX_CHAT_BODY`, and have such texts beside it. */
export function LargeBody(texts: LargeTexts | null = null): ClassDecorator {
  return (dto) => {
    largeBodies.set(dto, texts);
  };
}

/** The limits of bodies that are read as `dto`. */
export function bodyLimits(dto: object | undefined, maxChatBody: number): BodyLimits {
  const open = openBodyOf(dto);
  if (open)
    return {
      maxBytes: maxChatBody,
      maxValues: MAX_OPEN_BODY_VALUES,
      texts: null,
      anyType: open.anyType ?? false,
    };
  const texts = dto && largeBodies.get(dto);
  const maxBytes = texts === undefined ? MAX_BODY_BYTES : maxChatBody;
  return { maxBytes, maxValues: MAX_BODY_VALUES, texts: texts ?? null, anyType: false };
}
