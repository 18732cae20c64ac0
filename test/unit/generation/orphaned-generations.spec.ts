import { AppError } from '../../../src/common/errors/app-error.js';
import type { NewGeneration } from '../../../src/domain/generation.js';
import { OrphanedGenerations } from '../../../src/generation/workers/orphaned-generations.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { liveRig, TICKET } from './live-rig.js';

describe('generations that no process runs', () => {
  function rig() {
    const store = new MemoryStore();
    const { live, worker } = liveRig(store);
    const orphaned = new OrphanedGenerations(store, live, worker, new RecordingLogger());
    return { store, live, orphaned, one: new Scene(store, { workerId: worker.id }) };
  }

  it('are ended by their own worker, and those that it runs are left alone', async () => {
    const { live, orphaned, one } = rig();
    const orphan = await one.begun(one.opening(), ['a', 'b']);
    const running = await one.begun(one.opening());
    live.prepare(running, [], TICKET);

    await orphaned.endOwn();

    expect(await one.record(orphan.id)).toMatchObject({ status: 'failed', response: 'ab' });
    expect(await one.record(running.id)).toMatchObject({ status: 'running' });
    await one.answered(one.reply(orphan.conversationId));
  });

  it('are taken back without a trace where the claim came to nothing', async () => {
    const { store, orphaned, one } = rig();
    const claim = await one.claimed(one.opening());
    const abandon = store.generations.abandon.bind(store.generations);
    store.generations.abandon = () =>
      Promise.reject(new AppError('store_unavailable', 'The conversation store is not available'));
    await orphaned.release(claim.key);
    expect(await one.record(claim.id)).toMatchObject({ finishedAt: null });

    store.generations.abandon = abandon;
    await orphaned.endOwn();
    expect(await one.generations.find(one.ownerId, claim.id)).toBeNull();
    expect(await one.listed()).toEqual([]);
  });

  it('of a dead worker do not wait for one whose end the store refuses', async () => {
    const { store, orphaned, one } = rig();
    const dead = new Scene(store);
    const turns: NewGeneration[] = [];
    for (const text of ['x', 'y', 'z']) turns.push(await dead.begun(dead.opening(), [text]));
    const endLost = store.coordination.endLost.bind(store.coordination);
    store.coordination.endLost = (key, ...rest) =>
      key === turns[0]?.key
        ? Promise.reject(new AppError('internal', 'Internal server error'))
        : endLost(key, ...rest);

    await orphaned.endOf(dead.workerId, 0);

    const states = await Promise.all(turns.map(({ id }) => dead.record(id)));
    expect(states.map(({ status }) => status)).toEqual(['running', 'failed', 'failed']);
    expect([...(await one.coordination.workers()).keys()]).toEqual([dead.workerId]);
  });
});
