const TITLE_LENGTH = 80;

/** A title until something better names the conversation: the beginning of its first message. */
export function titleOf(message: string): string {
  const text = message.replace(/\s+/gu, ' ').trim();
  if (text === '') return 'New conversation';
  // Characters beyond the title need not be told apart; one may take two places.
  const points = [...text.slice(0, 2 * (TITLE_LENGTH + 1))];
  if (points.length <= TITLE_LENGTH) return text;
  return `${points
    .slice(0, TITLE_LENGTH - 1)
    .join('')
    .trimEnd()}…`;
}
