import { randomUUID } from 'node:crypto';
import type { GenerationRecord } from '../../../src/domain/generation.js';
import type { LogCursor, LogUpdate } from '../../../src/domain/log-update.js';
import { RemoteLogs } from '../../../src/generation/workers/remote-logs.js';
import { Worker } from '../../../src/generation/workers/worker.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { Gate } from '../../support/fake-ollama.js';
import { RecordingLogger } from '../../support/recording-logger.js';

describe('logs of what other workers run', () => {
  const store = new MemoryStore();
  const logger = new RecordingLogger();
  const logs = new RemoteLogs(store.coordination, new Worker(store, logger), logger);
  afterAll(() => logs.onApplicationShutdown());

  it('give a reader that comes while an answer for the one before it is on its way all from the first', async () => {
    const one = new Scene(store, { ownerId: randomUUID() });
    const { key, id, workerId } = await one.begun(one.opening(), ['a', 'b']);
    const record: GenerationRecord = await one.record(id);
    const answering = new Gate();
    const asked = new Gate();
    const follow = store.coordination.follow.bind(store.coordination);
    const first = await logs.follow(record);
    const leave = first.enter();
    expect(first.log.text()).toBe('ab');

    store.coordination.follow = async (cursors: LogCursor[]): Promise<LogUpdate[]> => {
      await one.generations.append(workerId, [{ key, firstSeq: 3, tokens: ['c'] }]);
      const updates = await follow(cursors);
      asked.open();
      await answering.opened;
      return updates;
    };
    await asked.opened;
    leave();
    const coming = logs.follow(record);
    store.coordination.follow = follow;
    answering.open();
    const second = await coming;
    while (second.log.tokenCount < 3) await second.log.growth(second.log.lastSeq);
    expect(second.log.text()).toBe('abc');
    second.enter()();
  });
});
