/**
 * What holds for a conversation at any moment that somebody looks at it: as many messages as it says,
 * question and answer in turn, one answer under way at most, and that one the last. Returns what does
 * not hold.
 */
export function checkGlimpse(conversation: any): string[] {
  const messages: any[] = conversation.messages;
  const odd: string[] = [];
  const say = (what: string): void => {
    odd.push(`I5 ${what} in ${conversation.id}: ${JSON.stringify(messages.map(brief))}`);
  };
  if (conversation.message_count !== messages.length) {
    say(`message_count ${conversation.message_count} of ${messages.length} messages`);
  }
  const roles = messages.map(({ role }) => role).filter((role) => role !== 'system');
  if (roles.some((role, index) => role !== (index % 2 === 0 ? 'user' : 'assistant'))) {
    say('Questions and answers out of turn');
  }
  if (roles.at(-1) === 'user') say('A question without its answer');
  const streaming = messages.filter(({ status }) => status === 'streaming');
  if (streaming.length > 1) say('Two answers under way');
  if (streaming.length === 1 && messages.at(-1) !== streaming[0])
    say('An answer under way, not last');
  return odd;
}

const brief = ({ role, status, content }: any): string =>
  `${role} ${status} ${String(content).slice(0, 40)}`;
