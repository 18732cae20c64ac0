/** What is stored of a request that goes on with an answer of the client's: the id of that message. */
export function echoOf(messageId: string): string {
  return JSON.stringify({ message_id: messageId });
}

/** Null where the answer is a message of its own. */
export function echoedMessageId(echo: string | null): string | null {
  if (echo === null) return null;
  const value = JSON.parse(echo) as { message_id?: string };
  return value.message_id ?? null;
}
