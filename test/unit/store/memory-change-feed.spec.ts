import { randomUUID } from 'node:crypto';
import { MemoryChangeFeed } from '../../../src/store/memory/memory-change-feed.js';

describe('the changes in memory', () => {
  const changes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: randomUUID(),
      ownerId: 'me',
      conversationId: `c${index}`,
      revision: 1,
      time: index,
      event: { type: 'conversation.deleted' as const },
    }));

  it('are the newest ones: who was away for longer loads the list again', async () => {
    const feed = new MemoryChangeFeed();
    const start = await feed.end();
    feed.add(changes(19_990));
    const late = await feed.end();
    expect(await feed.after(start, 1, null)).toHaveLength(1);
    feed.add(changes(20));
    expect(await feed.after(start, 1, null)).toBe('lost');
    expect(await feed.after(late, 100, null)).toHaveLength(20);
  });
});
