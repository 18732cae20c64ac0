import { randomUUID } from 'node:crypto';
import { WORKER_LOST_ERROR } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, Scene, T0 } from './scene.js';

export function describeWorkers(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('requestCancel', () => {
    it('asks the worker of a running generation to stop, and tells this process at once', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['a', 'b']);
      const told: string[] = [];
      store().onSignal((key) => told.push(key));

      expect(await one.coordination.requestCancel(one.ownerId, turn.id)).toMatchObject({
        key: turn.key,
        status: 'running',
        response: 'ab',
      });

      expect(told).toContain(turn.key);
      expect(await one.coordination.signals(one.workerId)).toEqual([
        { key: turn.key, stop: 'cancelled', watchers: 0 },
      ]);
      expect(await one.coordination.signals(randomUUID())).toEqual([]);
      await one.finish(turn, cancelled('ab'));
      expect(await one.coordination.signals(one.workerId)).toEqual([]);
    });

    it('tells this process of a deletion too', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const told: string[] = [];
      store().onSignal((key) => told.push(key));
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(told).toContain(turn.key);
    });

    it('leaves an ended one as it is, and knows no other owner’s', async () => {
      const [one, other] = [scene(), scene()];
      const ended = await one.answered(one.opening());
      const running = await one.begun(one.opening());
      const before = await one.record(ended.id);
      const { coordination } = one;

      expect(await coordination.requestCancel(one.ownerId, ended.id)).toEqual(before);
      expect(await coordination.requestCancel(other.ownerId, running.id)).toBeNull();
      expect(await coordination.requestCancel(one.ownerId, randomUUID())).toBeNull();
      expect(await one.generations.find(other.ownerId, running.id)).toBeNull();
      expect(await coordination.signals(one.workerId)).toEqual([]);
    });

    it('does not hide that the conversation was deleted', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      await one.coordination.requestCancel(one.ownerId, turn.id);
      expect(await one.coordination.signals(one.workerId)).toMatchObject([
        { key: turn.key, stop: 'conversation_deleted' },
      ]);
    });
  });

  describe('requestUnreadStop', () => {
    it('stands until it is refused, and tells this process at once', async () => {
      const one = scene();
      const { coordination, ownerId, workerId } = one;
      const turn = await one.begun(one.opening());
      const told: string[] = [];
      store().onSignal((key) => told.push(key));
      expect(await coordination.hasUnreadStop(turn.key)).toBe(false);

      expect(await coordination.requestUnreadStop(ownerId, turn.id)).toBe(turn.key);
      expect(told).toContain(turn.key);
      expect(await coordination.hasUnreadStop(turn.key)).toBe(true);
      await coordination.watch(turn.key, 'another', true);
      expect(await coordination.signals(workerId)).toEqual([
        { key: turn.key, stop: 'unless_read', watchers: 1 },
      ]);

      await coordination.refuseUnreadStop(turn.key);
      await coordination.refuseUnreadStop(turn.key);
      expect(await coordination.hasUnreadStop(turn.key)).toBe(false);
      expect(await coordination.signals(workerId)).toEqual([
        { key: turn.key, stop: null, watchers: 1 },
      ]);
      expect(await coordination.requestUnreadStop(ownerId, turn.id)).toBe(turn.key);
      expect(await coordination.hasUnreadStop(turn.key)).toBe(true);
    });

    it('does not stand longer than the generation, and knows no other owner’s', async () => {
      const [one, other] = [scene(), scene()];
      const turn = await one.begun(one.opening());
      const { coordination } = one;
      expect(await coordination.requestUnreadStop(other.ownerId, turn.id)).toBeNull();
      expect(await coordination.requestUnreadStop(one.ownerId, randomUUID())).toBeNull();
      expect(await coordination.hasUnreadStop(turn.key)).toBe(false);
      await coordination.requestUnreadStop(one.ownerId, turn.id);
      await one.finish(turn, cancelled('a'));
      expect(await coordination.hasUnreadStop(turn.key)).toBe(false);
      expect(await coordination.signals(one.workerId)).toEqual([]);
      expect(await coordination.requestUnreadStop(one.ownerId, turn.id)).toBeNull();
      expect(await coordination.hasUnreadStop(randomUUID())).toBe(false);
    });

    it('does not hide a cancel, which comes before or after it', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const { coordination, ownerId, workerId } = one;
      await coordination.requestUnreadStop(ownerId, turn.id);
      await coordination.requestCancel(ownerId, turn.id);
      const asked = [{ key: turn.key, stop: 'cancelled', watchers: 0 }];
      expect(await coordination.signals(workerId)).toEqual(asked);
      await coordination.refuseUnreadStop(turn.key);
      await coordination.requestUnreadStop(ownerId, turn.id);
      expect(await coordination.signals(workerId)).toEqual(asked);
    });
  });

  describe('watch', () => {
    it('tells the owner how many workers have readers, each counted once', async () => {
      const one = scene();
      const [a, b] = [await one.begun(one.opening()), await one.begun(one.opening())];
      const ended = await one.answered(one.opening());
      const [first, second] = [randomUUID(), randomUUID()];
      await one.coordination.watch(a.key, first, true);
      await one.coordination.watch(a.key, first, true);
      await one.coordination.watch(a.key, second, true);
      await one.coordination.watch(b.key, first, true);
      await one.coordination.watch(ended.key, first, true);
      await one.coordination.watch(randomUUID(), first, true);
      const signals = await one.coordination.signals(one.workerId);
      expect(signals).toHaveLength(2);
      expect(signals).toContainEqual({ key: a.key, stop: null, watchers: 2 });
      expect(signals).toContainEqual({ key: b.key, stop: null, watchers: 1 });

      await one.coordination.watch(a.key, first, false);
      await one.coordination.watch(a.key, first, false);
      await one.coordination.watch(b.key, first, false);
      expect(await one.coordination.signals(one.workerId)).toEqual([
        { key: a.key, stop: null, watchers: 1 },
      ]);
    });

    it('does not count what a dead worker watched', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const dead = randomUUID();
      await one.coordination.heartbeat(dead);
      await one.coordination.watch(turn.key, dead, true);
      await one.reap(1, 0, dead);
      expect(await one.coordination.signals(one.workerId)).toEqual([]);
    });
  });

  describe('follow', () => {
    it('gives what has come after each cursor, and the record of an ended one', async () => {
      const one = scene();
      const running = await one.begun(one.opening(), ['a', 'b', 'c']);
      const ended = await one.begun(one.opening(), ['x', 'y']);
      await one.finish(ended, completed('xyz'), batch(ended.key, 3, ['z']));
      const updates = await one.coordination.follow([
        { key: running.key, after: 1 },
        { key: ended.key, after: 0 },
        { key: randomUUID(), after: 0 },
      ]);
      expect(updates).toHaveLength(2);
      expect(updates).toContainEqual({
        key: running.key,
        tokens: ['b', 'c'],
        phase: 'generating',
        ended: null,
      });
      expect(updates.find(({ key }) => key === ended.key)).toMatchObject({
        tokens: ['x', 'y', 'z'],
        ended: { status: 'completed', response: 'xyz' },
      });
      expect(await one.coordination.follow([])).toEqual([]);
    });

    it('has nothing of one that is followed to its end', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['a']);
      expect(await one.coordination.follow([{ key: turn.key, after: 1 }])).toEqual([
        { key: turn.key, tokens: [], phase: 'generating', ended: null },
      ]);
    });
  });

  describe('queuePositions', () => {
    it('counts what waits under the same worker, in the order of the claims', async () => {
      const [one, other] = [scene(), scene()];
      const claim = (of: Scene, at: number) => of.claimed(of.opening({ at }));
      const [first, second, elsewhere] = [
        await claim(one, T0),
        await claim(one, T0 + 10),
        await claim(other, T0 + 5),
      ];
      const running = await one.begun(one.opening({ at: T0 - 10 }));
      const keys = [first, second, elsewhere, running].map(({ key }) => key);
      expect(await one.coordination.queuePositions([...keys, randomUUID()])).toEqual(
        new Map([
          [first.key, 1],
          [second.key, 2],
          [elsewhere.key, 1],
        ]),
      );
      await one.finish(first, completed('x'));
      expect(await one.coordination.queuePositions([second.key])).toEqual(
        new Map([[second.key, 1]]),
      );
    });
  });

  describe('isBusySince', () => {
    /** Ends what other tests have left, whoever runs it. */
    const endAll = async (one: Scene): Promise<void> => {
      for (const workerId of (await one.coordination.workers()).keys()) {
        for (const key of await one.coordination.runningUnder(workerId))
          await one.coordination.endLost(key, workerId, T0);
      }
    };
    /** Later than any other test. */
    const LATE = T0 + 1_000_000_000_000;

    it('sees what runs, waits or has ended since, under any worker', async () => {
      const [one, other] = [scene(), scene()];
      await endAll(one);
      const isBusy = (since: number) => one.coordination.isBusySince(LATE + since);
      expect(await isBusy(0)).toBe(false);

      const waiting = await other.claimed(other.opening({ at: LATE }));
      expect(await isBusy(10_000)).toBe(true);
      await other.generations.abandon(waiting.key, other.workerId);
      expect(await isBusy(0)).toBe(false);

      const turn = await other.begun(other.opening({ at: LATE }));
      expect(await isBusy(10_000)).toBe(true);
      await other.finish(turn, { ...completed('x'), finishedAt: LATE + 5_000 });
      expect(await isBusy(4_999)).toBe(true);
      expect(await isBusy(5_000)).toBe(false);
    });
  });

  describe('heartbeat, forgetWorker and endLost', () => {
    it('counts each worker’s beats, 0 for one that only owns a running generation', async () => {
      const [one, other] = [scene(), scene()];
      const turn = await other.begun(other.opening());
      await one.coordination.heartbeat(one.workerId);
      await one.coordination.heartbeat(one.workerId);

      const workers = await one.coordination.workers();
      expect(workers.get(one.workerId)).toMatchObject({ beat: 2 });
      expect(workers.get(other.workerId)).toEqual({ beat: 0, session: 'unknown' });
      await other.finish(turn, completed('x'));
      expect((await one.coordination.workers()).has(other.workerId)).toBe(false);
    });

    it('ends what a dead worker ran, with what was stored of it', async () => {
      const one = scene();
      const bystander = scene();
      const slots = [`${randomUUID()}:1`];
      const begun = await one.begun(one.opening({ text: 'q' }, { slots }), ['Half', ' an']);
      const staged = await one.claimed(one.opening({ text: 'unanswered' }));
      const spared = await bystander.begun(bystander.opening());
      await one.coordination.heartbeat(one.workerId);
      const now = T0 + 30_000;

      const ended = await one.reap(1, now);

      expect([...ended].sort()).toEqual([begun.key, staged.key].sort());
      expect(await one.record(begun.id)).toMatchObject({
        status: 'failed',
        response: 'Half an',
        error: WORKER_LOST_ERROR,
        finishReason: null,
        finishedAt: now,
        committed: true,
      });
      expect(await one.conversation(begun.conversationId)).toMatchObject({
        updatedAt: now,
        activeGenerationId: null,
      });
      expect(await one.transcript(begun.conversationId)).toEqual([
        'user: q (complete)',
        'assistant: Half an (failed)',
      ]);
      expect(await one.transcript(staged.conversationId)).toEqual([
        'user: unanswered (complete)',
        'assistant:  (failed)',
      ]);
      expect((await one.coordination.workers()).has(one.workerId)).toBe(false);
      expect(await bystander.record(spared.id)).toMatchObject({ status: 'running' });
      await one.claimed(one.reply(begun.conversationId, {}, { slots }));
    });

    it('is fenced by the last beat', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      await one.coordination.heartbeat(one.workerId);
      await one.coordination.heartbeat(one.workerId);
      expect(await one.reap(1, T0 + 30_000)).toEqual([]);
      expect(await one.reap(0, T0 + 30_000)).toEqual([]);
      expect(await one.record(turn.id)).toMatchObject({ status: 'running' });
      expect((await one.coordination.workers()).get(one.workerId)?.beat).toBe(2);

      expect(await one.reap(2, T0 + 30_000)).toEqual([turn.key]);
    });

    it('ends each generation once when several reap', async () => {
      const one = scene();
      const turns = [];
      for (let n = 0; n < 4; n++) turns.push(await one.begun(one.opening(), ['x']));
      const ended = await Promise.all(Array.from({ length: 4 }, () => one.reap(0, T0 + 30_000)));
      expect(ended.flat().sort()).toEqual(turns.map(({ key }) => key).sort());
      for (const turn of turns)
        expect(await one.transcript(turn.conversationId)).toEqual([
          'user: Hello (complete)',
          'assistant: x (failed)',
        ]);
    });

    it('leaves a worker that was taken for dead nothing to write', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['a']);
      await one.reap(0, T0 + 30_000);

      expect(await one.generations.append(one.workerId, [batch(turn.key, 2, ['b'])])).toEqual([
        turn.key,
      ]);
      expect(await one.generations.commitTurn(turn.key, one.workerId, T0)).toBe('lost');
      expect(await one.finish(turn, completed('abc'), batch(turn.key, 2, ['b', 'c']))).toBe('lost');
      expect(await one.tokens(turn.key)).toEqual(['a']);
      expect(await one.record(turn.id)).toMatchObject({ status: 'failed', response: 'a' });
    });

    it('leaves the old answer of a regeneration that had not begun, and a deletion deleted', async () => {
      const one = scene();
      const first = await one.answered(one.opening(), 'old');
      const anew = await one.claimed(one.regeneration(first.conversationId, first.answerParentId));
      const deleted = await one.begun(one.opening(), ['a']);
      await one.conversations.delete(one.ownerId, deleted.conversationId, null);

      const ended = await one.reap(0, T0 + 30_000);

      expect([...ended].sort()).toEqual([anew.key, deleted.key].sort());
      expect(await one.transcript(first.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: old (complete)',
      ]);
      expect(await one.conversations.find(one.ownerId, deleted.conversationId)).toBeNull();
      expect(await one.record(deleted.id)).toMatchObject({ conversationDeleted: true });
    });

    it('ends one generation of a worker that lives, and nobody else’s', async () => {
      const one = scene();
      await one.coordination.heartbeat(one.workerId);
      const lost = await one.begun(one.opening(), ['a']);
      const running = await one.begun(one.opening());
      const keys = await one.coordination.runningUnder(one.workerId);
      expect(keys.sort()).toEqual([lost.key, running.key].sort());

      expect(await one.coordination.endLost(lost.key, randomUUID(), T0 + 9000)).toBe(false);
      expect(await one.coordination.endLost(lost.key, one.workerId, T0 + 9000)).toBe(true);
      expect(await one.coordination.endLost(lost.key, one.workerId, T0 + 9000)).toBe(false);
      expect(await one.coordination.runningUnder(one.workerId)).toEqual([running.key]);
      expect(await one.record(lost.id)).toMatchObject({ status: 'failed', response: 'a' });
      expect((await one.coordination.workers()).has(one.workerId)).toBe(true);
    });

    it('ends the record of one alone where that is asked', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['a']);
      await one.coordination.endLost(turn.key, one.workerId, T0 + 9000, 'record');
      expect(await one.record(turn.id)).toMatchObject({ status: 'failed', committed: true });
      expect((await one.transcript(turn.conversationId)).at(-1)).toBe('assistant: a (failed)');
      await one.answered(one.reply(turn.conversationId));
    });

    it('finishes a regeneration whose worker died with tokens not yet kept', async () => {
      const one = scene();
      const first = await one.answered(one.opening(), 'old');
      const anew = await one.claimed(one.regeneration(first.conversationId, first.answerParentId));
      await one.generations.append(one.workerId, [batch(anew.key, 1, ['new'])]);
      await one.reap(0, T0 + 30_000);
      expect(await one.transcript(first.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: new (failed)',
      ]);
    });
  });
}
