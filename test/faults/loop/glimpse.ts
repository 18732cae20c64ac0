/**
 * What holds for a conversation at any moment that somebody looks at it: as many messages as it says,
 * question and answer in turn, results beside their calls, one answer under way at most, and that one
 * the last. Returns what does not hold.
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
  if (!TURNS.test(roles.map((role) => `${role} `).join(''))) {
    say('Questions, results and answers out of turn');
  }
  odd.push(...checkCalls(conversation));
  const streaming = messages.filter(({ status }) => status === 'streaming');
  if (streaming.length > 1) say('Two answers under way');
  if (streaming.length === 1 && messages.at(-1) !== streaming[0])
    say('An answer under way, not last');
  return odd;
}

/** A question or results of tools, or these and then the question; then the answer. */
const TURNS = /^((user |(tool )+(user )?)assistant )*$/;

/** I25: each result answers a call of the answer before it, once, and no two calls share an id. */
export function checkCalls({ id: conversation, messages }: any): string[] {
  const odd: string[] = [];
  const ids = new Set<string>();
  let open: string[] = [];
  for (const { role, tool_calls: calls, tool_call_id: answered } of messages) {
    if (role === 'tool') {
      if (!open.includes(answered))
        odd.push(`I25 ${answered} answers no open call in ${conversation}`);
      open = open.filter((id) => id !== answered);
    }
    if (role === 'assistant') open = (calls ?? []).map(({ id }: any) => id);
    for (const { id } of calls ?? []) {
      if (ids.has(id)) odd.push(`I25 ${id} is there twice in ${conversation}`);
      ids.add(id);
    }
  }
  return odd;
}

const brief = ({ role, status, content }: any): string =>
  `${role} ${status} ${String(content).slice(0, 40)}`;
