import { jest } from '@jest/globals';
import { AppError } from '../../../src/common/errors/app-error.js';
import { LiveGenerations } from '../../../src/generation/live/live-generations.js';
import { DeadWorkers } from '../../../src/generation/workers/dead-workers.js';
import { LostGenerations } from '../../../src/generation/workers/lost-generations.js';
import { Worker } from '../../../src/generation/workers/worker.js';
import { LiveTexts } from '../../../src/store/live-texts.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testSettings } from '../../support/settings.js';

/** Between two looks, and between two heartbeats. */
const BEAT_MS = 3_000;

describe('a worker whose counter stands still', () => {
  let store: MemoryStore;
  let deadWorkers: DeadWorkers;

  beforeEach(() => {
    jest.useFakeTimers();
    store = new MemoryStore();
    const [worker, logger] = [new Worker(), new RecordingLogger()];
    const live = new LiveGenerations(testSettings(), new LiveTexts());
    const lost = new LostGenerations(store, live, worker, logger);
    deadWorkers = new DeadWorkers(store, worker, lost, logger);
  });
  afterEach(() => {
    deadWorkers.onApplicationShutdown();
    jest.useRealTimers();
  });

  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  /** The store as nobody reaches it, for so long. */
  async function outage(ms: number): Promise<void> {
    const workers = store.coordination.workers.bind(store.coordination);
    store.coordination.workers = () =>
      Promise.reject(new AppError('store_unavailable', 'The conversation store is not available'));
    await pass(ms);
    store.coordination.workers = workers;
  }

  it('is dead after 15 s, and what it ran is ended', async () => {
    const other = new Scene(store);
    const turn = await other.begun(other.opening(), ['a']);
    deadWorkers.onApplicationBootstrap();
    await pass(14_000);
    expect(await other.record(turn.id)).toMatchObject({ status: 'running' });
    await pass(2 * BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed', response: 'a' });
  });

  it('because no store was reached has the time of one look to show that it lives', async () => {
    const other = new Scene(store);
    const turn = await other.begun(other.opening(), ['a']);
    deadWorkers.onApplicationBootstrap();
    await pass(BEAT_MS);
    await outage(40_000);
    await pass(BEAT_MS);
    await store.coordination.heartbeat(other.workerId);
    await pass(2 * BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'running' });
    // It is not spared for ever.
    await pass(15_000 + BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed' });
  });
});
