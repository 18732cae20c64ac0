import { jest } from '@jest/globals';
import { AppError } from '../../src/common/errors/app-error.js';
import { RetentionNotice } from '../../src/history/retention-notice.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';

describe('the notice about more conversations than are kept', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  /** What is logged at the start with this limit, over a store with 3 and 1 conversations. */
  async function start(maxConversations: number) {
    const store = new MemoryStore();
    const many = new Scene(store);
    for (let count = 0; count < 3; count += 1) await many.answered(many.opening());
    const few = new Scene(store);
    await few.answered(few.opening());
    const logger = new RecordingLogger();
    const settings = testSettings({ history: { maxConversations } });
    new RetentionNotice(settings.history, store.conversations, logger).onApplicationBootstrap();
    await settled();
    const left = await many.count();
    return { left, warnings: logger.records.filter(({ level }) => level === 'warn') };
  }

  it('is one line, and removes nothing', async () => {
    const { left, warnings } = await start(2);
    expect(warnings.map(({ fields }) => fields)).toEqual([{ limit: 2, owners: 1, most: 3 }]);
    expect(left).toBe(3);
  });

  it.each([
    ['at the limit', 3],
    ['without a limit', 0],
  ])('stays silent %s', async (_, limit) => {
    expect((await start(limit)).warnings).toEqual([]);
  });

  it('waits for a store that is away, without failing the start', async () => {
    jest.useFakeTimers();
    const store = new MemoryStore();
    const scene = new Scene(store);
    await scene.answered(scene.opening());
    await scene.answered(scene.opening());
    const count = jest.spyOn(store.conversations, 'countByOwner');
    count.mockRejectedValueOnce(new AppError('store_unavailable', 'The store is unavailable'));
    const logger = new RecordingLogger();
    const settings = testSettings({ history: { maxConversations: 1 } });
    const notice = new RetentionNotice(settings.history, store.conversations, logger);

    notice.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    notice.onApplicationShutdown();
    jest.useRealTimers();

    expect(logger.records.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(count).toHaveBeenCalledTimes(2);
  });
});
