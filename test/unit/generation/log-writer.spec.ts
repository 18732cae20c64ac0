import { randomUUID } from 'node:crypto';
import { AppError } from '../../../src/common/errors/app-error.js';
import type { LogBatch } from '../../../src/domain/generation.js';
import type { LiveGeneration } from '../../../src/generation/live/live-generation.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { Gate } from '../../support/fake-ollama.js';
import { liveRig, TICKET } from './live-rig.js';

describe('the log of running answers', () => {
  it('of others is not held up by one that the store refuses', async () => {
    const store = new MemoryStore();
    const { live: all, logWriter: writer, worker } = liveRig(store);
    const one = new Scene(store, { ownerId: randomUUID() });
    const lives: LiveGeneration[] = [];
    for (const text of ['refused', 'taken', 'taken too']) {
      const generation = await one.begun({ ...one.opening(), workerId: worker.id });
      const live = all.prepare(generation, [], TICKET);
      live.log.append(text);
      lives.push(live);
    }
    const [refused, ...others] = lives;
    const append = store.generations.append.bind(store.generations);
    const tried: number[] = [];
    const begun = new Gate();
    store.generations.append = (workerId: string, batches: LogBatch[]) => {
      tried.push(batches.length);
      begun.open();
      return batches.some(({ key }) => key === refused?.record.key)
        ? Promise.reject(new AppError('internal', 'Internal server error'))
        : append(workerId, batches);
    };
    for (const live of lives) writer.add(live);
    writer.setWatched(refused?.record.key ?? '', true);
    await begun.opened;
    for (const live of lives) await writer.remove(live);
    writer.onApplicationShutdown();
    expect(tried).toEqual([3, 1, 1, 1]);
    for (const { record, log } of others)
      expect(await one.tokens(record.key)).toEqual([log.text()]);
  });

  it('has no gap when a slow write is overtaken by the next', async () => {
    const store = new MemoryStore();
    const { live: all, logWriter: writer, worker } = liveRig(store);
    const one = new Scene(store, { ownerId: randomUUID() });
    const generation = await one.begun({ ...one.opening(), workerId: worker.id });
    const live = all.prepare(generation, [], TICKET);

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
