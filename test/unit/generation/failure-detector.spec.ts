import { jest } from '@jest/globals';
import { AppError } from '../../../src/common/errors/app-error.js';
import { FailureDetector } from '../../../src/generation/workers/failure-detector.js';
import { OrphanedGenerations } from '../../../src/generation/workers/orphaned-generations.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { liveRig } from './live-rig.js';

/** Between two checks, and between two heartbeats. */
const BEAT_MS = 3_000;

describe('a worker whose counter stands still', () => {
  let store: MemoryStore;
  let detector: FailureDetector;

  beforeEach(() => {
    jest.useFakeTimers();
    store = new MemoryStore();
    const logger = new RecordingLogger();
    const { live, worker } = liveRig(store);
    const orphaned = new OrphanedGenerations(store, live, worker, logger);
    detector = new FailureDetector(store, worker, orphaned, logger);
  });
  afterEach(() => {
    detector.onApplicationShutdown();
    jest.useRealTimers();
  });

  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  /** The store cannot be reached for so long. */
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
    detector.onApplicationBootstrap();
    await pass(14_000);
    expect(await other.record(turn.id)).toMatchObject({ status: 'running' });
    await pass(2 * BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed', response: 'a' });
  });

  it('because no store could be reached has the time of one check to show that it lives', async () => {
    const other = new Scene(store);
    const turn = await other.begun(other.opening(), ['a']);
    detector.onApplicationBootstrap();
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
