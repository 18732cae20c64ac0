import { invalidField } from '../common/errors/app-error.js';
import type { Message } from '../domain/conversation.js';

type Answerable = Pick<Message, 'id' | 'role' | 'parentId'>;

/**
 * Id of the message that a model answers again: the last of a branch where a client named it, else the
 * parent of the last answer behind the last message of the user, or that message if it has none. Throws
 * `validation` where that is no message that a model can answer.
 *
 * @param messages the last ones of the branch
 */
export function answeredMessage(messages: readonly Answerable[], isNamed: boolean): string {
  const last = messages.at(-1);
  if (isNamed) {
    if (last && canBeAnswered(last)) return last.id;
    throw invalidField({
      field: 'parent_id',
      message: 'must be a message of the user or the result of a tool, to be answered again',
    });
  }
  const answer = messages.findLast(({ role }) => role === 'assistant' || role === 'user');
  if (answer?.role === 'user') return answer.id;
  const asked = answer && messages.find(({ id }) => id === answer.parentId);
  if (asked && canBeAnswered(asked)) return asked.id;
  throw invalidField({
    field: 'regenerate',
    message: 'needs a conversation with a message of the user',
  });
}

function canBeAnswered({ role }: Answerable): boolean {
  return role === 'user' || role === 'tool';
}
