import { jest } from '@jest/globals';
import { AppError } from '../../../src/common/errors/app-error.js';
import { Siblings } from '../../../src/common/lifecycle/siblings.js';
import { thisProcess } from '../../../src/common/process-identity.js';
import { FailureDetector } from '../../../src/generation/workers/failure-detector.js';
import { OrphanedGenerations } from '../../../src/generation/workers/orphaned-generations.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { liveRig } from './live-rig.js';

/** Between two heartbeats; twice as often is looked for the dead. */
const BEAT_MS = 3_000;

/** The id of a worker of this host whose process is gone. */
const GONE = [...(thisProcess ?? '').replace(/ \d+ /, ' 4194304 ').split(' '), 'worker'].join('.');

describe('the failure detector', () => {
  let store: MemoryStore;
  let siblings: Siblings;
  let detector: FailureDetector;
  let shutDown: () => void;

  beforeEach(() => {
    jest.useFakeTimers();
    store = new MemoryStore();
    siblings = new Siblings();
    const logger = new RecordingLogger();
    const { live, worker } = liveRig(store);
    const orphaned = new OrphanedGenerations(store, live, worker, logger);
    detector = new FailureDetector(store, worker, orphaned, siblings, logger);
    shutDown = () => {
      detector.onApplicationShutdown();
      worker.onApplicationShutdown();
    };
  });
  afterEach(() => {
    shutDown();
    jest.useRealTimers();
  });

  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  /** The store cannot be reached for so long. */
  async function outage(ms: number): Promise<void> {
    const { coordination } = store;
    const workers = coordination.workers.bind(coordination);
    const heartbeat = coordination.heartbeat.bind(coordination);
    const away = () =>
      Promise.reject(new AppError('store_unavailable', 'The conversation store is not available'));
    coordination.workers = away;
    coordination.heartbeat = away;
    await pass(ms);
    coordination.workers = workers;
    coordination.heartbeat = heartbeat;
  }

  it('ends what a worker ran whose counter stands still for 15 s', async () => {
    const other = new Scene(store);
    const turn = await other.begun(other.opening(), ['a']);
    await detector.onApplicationBootstrap();
    await pass(14_000);
    expect(await other.record(turn.id)).toMatchObject({ status: 'running' });
    await pass(BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed', response: 'a' });
  });

  it('gives all their time anew after an outage of the store', async () => {
    const other = new Scene(store);
    const turn = await other.begun(other.opening(), ['a']);
    await detector.onApplicationBootstrap();
    await pass(BEAT_MS);
    await outage(40_000);
    await pass(3 * BEAT_MS);
    await store.coordination.heartbeat(other.workerId);
    await pass(3 * BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'running' });
    // It is not spared for ever.
    await pass(15_000 + BEAT_MS);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed' });
  });

  it('has ended before the start is over what a process ran that is gone', async () => {
    const other = new Scene(store, { workerId: GONE });
    await store.coordination.heartbeat(GONE);
    const turn = await other.begun(other.opening(), ['a']);
    await detector.onApplicationBootstrap();
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed', response: 'a' });
  });

  it('looks at once when a sibling died', async () => {
    await detector.onApplicationBootstrap();
    const other = new Scene(store, { workerId: GONE });
    await store.coordination.heartbeat(GONE);
    const turn = await other.begun(other.opening(), ['a']);
    siblings.died();
    await pass(0);
    expect(await other.record(turn.id)).toMatchObject({ status: 'failed' });
  });

  it('does not delay the start while the store does not answer', async () => {
    store.coordination.heartbeat = () => new Promise(() => undefined);
    let isStarted = false;
    const starting = detector.onApplicationBootstrap().then(() => (isStarted = true));
    await pass(1_000);
    expect(isStarted).toBe(true);
    await starting;
  });
});
