const TITLE_LENGTH = 80;

/** A title until something better names the conversation: the beginning of its first message. */
export function titleOf(message: string): string {
  const text = message.replace(/\s+/gu, ' ').trim();
  const points = [...text];
  if (points.length === 0) return 'New conversation';
  if (points.length <= TITLE_LENGTH) return text;
  return `${points
    .slice(0, TITLE_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
