import {
  conversationIn,
  conversationLine,
  messageIn,
  messageLine,
} from '../../../src/commands/history/backup/lines.js';
import { systemMessage } from '../../../src/store/rules/given-message.js';

const MOVED = {
  ownerId: 'default',
  id: 'c',
  chatId: 'chat "1"',
  title: 'T',
  titleBy: 'user',
  createdAt: 1,
  updatedAt: 2,
  messageCount: 1,
  messageTotal: 1,
  activeMessageId: null,
  revision: 3,
  model: null,
  parameters: null,
  tags: [],
  pinned: false,
  archived: false,
  forkedFrom: null,
  disposable: true,
  metadata: { a: 'ü' },
} as const;
const MESSAGE = { ...systemMessage('c', { id: 'm', content: 'Sir', createdAt: 1 }), clientId: 'ü' };

/** A line as it is read, without a field. */
function without(line: object, name: string): never {
  const entries = Object.entries(line).filter(([key]) => key !== name);
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as never;
}

describe('lines of a backup', () => {
  it('have what they were made of', () => {
    expect(conversationIn(without(conversationLine(MOVED), 'kind'))).toEqual(MOVED);
    expect(messageIn(without(messageLine(MESSAGE), 'kind'))).toEqual(MESSAGE);
  });

  it('of releases without ids of clients are read as if there were none', () => {
    expect(conversationIn(without(conversationLine(MOVED), 'chat_id'))).toEqual({
      ...MOVED,
      chatId: null,
    });
    expect(messageIn(without(messageLine(MESSAGE), 'client_id'))).toEqual({
      ...MESSAGE,
      clientId: null,
    });
  });

  it('of releases without disposable conversations and metadata are read as if there were none', () => {
    const line = conversationLine(MOVED);
    expect(conversationIn(without(line, 'disposable'))).toEqual({ ...MOVED, disposable: false });
    expect(conversationIn(without(line, 'metadata'))).toEqual({ ...MOVED, metadata: null });
  });
});
