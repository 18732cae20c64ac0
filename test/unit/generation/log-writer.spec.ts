import { randomUUID } from 'node:crypto';
import type { LogBatch } from '../../../src/domain/generation.js';
import { LiveGeneration } from '../../../src/generation/live/live-generation.js';
import { LogWriter } from '../../../src/generation/record/log-writer.js';
import { Worker } from '../../../src/generation/workers/worker.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { Gate } from '../../support/fake-ollama.js';
import { RecordingLogger } from '../../support/recording-logger.js';

describe('the log of running answers', () => {
  it('has no gap when a slow write is overtaken by the next', async () => {
    const store = new MemoryStore();
    const worker = new Worker();
    const one = new Scene(store, { ownerId: randomUUID() });
    const generation = await one.begun({ ...one.opening(), workerId: worker.id });
    const ticket = { running: true, turn: () => Promise.resolve(), release: () => undefined };
    const live = new LiveGeneration(generation, ticket, 0);
    const writer = new LogWriter(store, worker, new RecordingLogger());

    const slow = new Gate();
    const begun = [new Gate(), new Gate()];
    const append = store.generations.append.bind(store.generations);
    store.generations.append = async (workerId: string, batches: LogBatch[]) => {
      begun.shift()?.open();
      await slow.opened;
      return append(workerId, batches);
    };
    const [first, second] = begun;
    const watchAnew = (): void => {
      writer.setWatched(generation.key, false);
      writer.setWatched(generation.key, true);
    };
    live.log.append('a');
    live.log.append('b');
    writer.add(live);
    watchAnew();
    await first?.opened;
    live.log.append('c');
    watchAnew();
    await second?.opened;
    slow.open();
    await writer.remove(live);

    live.log.append('d');
    expect(writer.unsaved(live)).toEqual({ key: generation.key, firstSeq: 4, tokens: ['d'] });
    expect(await one.tokens(generation.key)).toEqual(['a', 'b', 'c']);
    writer.onApplicationShutdown();
  });
});
