import { AppError } from '../../../src/common/errors/app-error.js';
import type { NewGeneration } from '../../../src/domain/generation.js';
import { LiveGeneration } from '../../../src/generation/live/live-generation.js';
import { LiveGenerations } from '../../../src/generation/live/live-generations.js';
import { LostGenerations } from '../../../src/generation/workers/lost-generations.js';
import { Worker } from '../../../src/generation/workers/worker.js';
import { LiveTexts } from '../../../src/store/live-texts.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { Scene } from '../../contract/store/scene.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testSettings } from '../../support/settings.js';

const TICKET = { running: true, turn: () => Promise.resolve(), release: () => undefined };

describe('generations that nobody runs', () => {
  function rig() {
    const store = new MemoryStore();
    const worker = new Worker();
    const live = new LiveGenerations(testSettings(), new LiveTexts());
    const lost = new LostGenerations(store, live, worker, new RecordingLogger());
    return { store, worker, live, lost, one: new Scene(store, { workerId: worker.id }) };
  }

  it('are ended by their own worker, and those that it runs are left alone', async () => {
    const { live, lost, one } = rig();
    const orphan = await one.begun(one.opening(), ['a', 'b']);
    const running = await one.begun(one.opening());
    live.prepare(new LiveGeneration(running, TICKET, 0));

    await lost.endOwn();

    expect(await one.record(orphan.id)).toMatchObject({ status: 'failed', response: 'ab' });
    expect(await one.record(running.id)).toMatchObject({ status: 'running' });
    await one.answered(one.reply(orphan.conversationId));
  });

  it('are taken back without a trace where the claim came to nothing', async () => {
    const { store, lost, one } = rig();
    const claim = await one.claimed(one.opening());
    const abandon = store.generations.abandon.bind(store.generations);
    store.generations.abandon = () =>
      Promise.reject(new AppError('store_unavailable', 'The conversation store is not available'));
    await lost.giveBack(claim.key);
    expect(await one.record(claim.id)).toMatchObject({ finishedAt: null });

    store.generations.abandon = abandon;
    await lost.endOwn();
    expect(await one.generations.find(one.ownerId, claim.id)).toBeNull();
    expect(await one.listed()).toEqual([]);
  });

  it('of a dead worker do not wait for one whose end the store refuses', async () => {
    const { store, lost, one } = rig();
    const dead = new Scene(store);
    const turns: NewGeneration[] = [];
    for (const text of ['x', 'y', 'z']) turns.push(await dead.begun(dead.opening(), [text]));
    const endLost = store.coordination.endLost.bind(store.coordination);
    store.coordination.endLost = (key, ...rest) =>
      key === turns[0]?.key
        ? Promise.reject(new AppError('internal', 'Internal server error'))
        : endLost(key, ...rest);

    await lost.endOf(dead.workerId, 0);

    const states = await Promise.all(turns.map(({ id }) => dead.record(id)));
    expect(states.map(({ status }) => status)).toEqual(['running', 'failed', 'failed']);
    expect([...(await one.coordination.workers()).keys()]).toEqual([dead.workerId]);
  });
});
