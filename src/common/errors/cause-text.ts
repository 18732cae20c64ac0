const MOST_CAUSES = 4;

/** What lies behind an expected failure, on one line for the log: the messages of its causes. */
export function causeText(error: unknown): string | undefined {
  const messages: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && messages.length < MOST_CAUSES) {
    if (cause.message !== '') messages.push(cause.message);
    cause = cause.cause;
  }
  return messages.length === 0 ? undefined : messages.join(': ');
}
