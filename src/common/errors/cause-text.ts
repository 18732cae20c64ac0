const MOST_CAUSES = 4;

/** The messages of an expected failure's causes, on one line for the log. */
export function causeText(error: unknown): string | undefined {
  const messages: string[] = [];
  let cause = field(error, 'cause');
  while (cause !== undefined && cause !== null && messages.length < MOST_CAUSES) {
    // A connection tried at several addresses fails with a code, and no message of its own.
    const message = text(field(cause, 'message')) ?? text(field(cause, 'code'));
    if (message !== undefined) messages.push(message);
    cause = field(cause, 'cause');
  }
  return messages.length === 0 ? undefined : messages.join(': ');
}

/** Node's own errors need not be instances of this realm's `Error`. */
function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
