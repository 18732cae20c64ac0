import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, Scene, T0 } from './scene.js';

export function describeDeletion(store: () => Store): void {
  const scene = () => new Scene(store());
  const signalOf = async (one: Scene, key: string) =>
    (await one.coordination.signals(one.workerId)).find((signal) => signal.key === key);

  describe('delete', () => {
    const remove = async (one: Scene, id: string) =>
      (await one.conversations.delete(one.ownerId, id, null)).outcome === 'deleted';

    it('removes a conversation, once, and tells its generations', async () => {
      const one = scene();
      const turn = await one.answered(one.opening());
      const other = await one.answered(one.opening());

      expect(await remove(one, turn.conversationId)).toBe(true);
      expect(await remove(one, turn.conversationId)).toBe(false);
      expect(await remove(one, randomUUID())).toBe(false);

      expect(await one.conversations.find(one.ownerId, turn.conversationId)).toBeNull();
      expect(await one.listed()).toEqual([other.conversationId]);
      expect(await one.count()).toBe(1);
      expect(await one.record(turn.id)).toMatchObject({
        status: 'completed',
        conversationDeleted: true,
      });
      expect(await one.record(other.id)).toMatchObject({ conversationDeleted: false });
    });

    it('takes what was said in it along', async () => {
      const one = scene();
      const turn = await one.answered(one.opening(), 'secret');
      await remove(one, turn.conversationId);
      expect(await one.record(turn.id)).toMatchObject({ response: '' });
      expect(await one.tokens(turn.key)).toEqual([]);
    });

    it('says of which generations nothing is left to be read', async () => {
      const one = scene();
      const gone = await one.answered(one.opening(), 'secret');
      const there = await one.answered(one.opening());
      const running = await one.begun(one.opening(), ['a']);
      await remove(one, gone.conversationId);
      await remove(one, running.conversationId);
      const keys = [gone, there, running].map(({ key }) => key);
      const erased = randomUUID();
      expect(await one.generations.deletedAmong([...keys, erased])).toEqual([gone.key, erased]);
      expect(await one.generations.deletedAmong([])).toEqual([]);
    });

    it('does not reach another owner’s', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId } = await one.answered(one.opening());
      expect(await remove(other, conversationId)).toBe(false);
      expect(await one.listed()).toEqual([conversationId]);
    });

    it('stops a running generation, which can write nothing into it any more', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['a']);
      expect(await remove(one, turn.conversationId)).toBe(true);

      expect(await signalOf(one, turn.key)).toMatchObject({ stop: 'conversation_deleted' });
      expect(await one.record(turn.id)).toMatchObject({ conversationDeleted: true });
      expect(await one.generations.commitTurn(turn.key, turn.workerId, T0 + 1500)).toBe('deleted');
      await one.generations.append(one.workerId, [batch(turn.key, 2, ['b'])]);
      expect(await one.finish(turn, cancelled('ab'))).toBe('deleted');
      expect(await one.finish(turn, cancelled('ab'))).toBe('lost');

      expect(await one.conversations.find(one.ownerId, turn.conversationId)).toBeNull();
      expect(await one.listed()).toEqual([]);
      expect(await one.record(turn.id)).toMatchObject({
        status: 'cancelled',
        response: 'ab',
        conversationDeleted: true,
      });
      expect(await signalOf(one, turn.key)).toBeUndefined();
    });

    it('stays deleted when the turn was only staged', async () => {
      const one = scene();
      const turn = await one.claimed(one.opening({}, { slots: [`${randomUUID()}:1`] }));
      expect(await remove(one, turn.conversationId)).toBe(true);
      expect(await remove(one, turn.conversationId)).toBe(false);

      expect(await signalOf(one, turn.key)).toMatchObject({ stop: 'conversation_deleted' });
      expect(await one.generations.commitTurn(turn.key, turn.workerId, T0 + 1000)).toBe('deleted');
      expect(await one.finish(turn, cancelled('x'), batch(turn.key, 1, ['x']))).toBe('deleted');
      expect(await one.conversations.find(one.ownerId, turn.conversationId)).toBeNull();
      expect(await one.listed()).toEqual([]);
      expect(await one.record(turn.id)).toMatchObject({
        conversationDeleted: true,
        committed: false,
      });
      await one.claimed(one.opening({}, { slots: turn.slots }));
    });

    it('stays deleted when a further turn was only staged', async () => {
      const one = scene();
      const { conversationId } = await one.answered(one.opening());
      const reply = await one.claimed(one.reply(conversationId));
      expect(await remove(one, conversationId)).toBe(true);

      expect(await one.generations.commitTurn(reply.key, reply.workerId, T0 + 1000)).toBe(
        'deleted',
      );
      expect(await one.finish(reply, cancelled(''))).toBe('deleted');
      expect(await one.conversations.find(one.ownerId, conversationId)).toBeNull();
    });

    it('stays deleted whatever it races with', async () => {
      const one = scene();
      const turns = await Promise.all(Array.from({ length: 10 }, () => one.claimed(one.opening())));
      await Promise.all(
        turns.flatMap((turn) => [
          one.generations.commitTurn(turn.key, turn.workerId, T0 + 1000),
          remove(one, turn.conversationId),
          one.finish(turn, cancelled('x')),
        ]),
      );
      for (const { conversationId } of turns) await remove(one, conversationId);
      expect(await one.listed()).toEqual([]);
      expect(await one.count()).toBe(0);
    });

    it('is not true for a conversation that a claim only names', async () => {
      const one = scene();
      const { conversationId } = await one.claimed(one.reply(randomUUID()));
      expect(await remove(one, conversationId)).toBe(false);
    });

    it('leaves a turn nothing to be kept in where there is no conversation', async () => {
      const one = scene();
      const turn = await one.claimed(one.reply(randomUUID()));
      expect(await one.generations.commitTurn(turn.key, turn.workerId, T0)).toBe('deleted');
    });
  });

  describe('removeOldest', () => {
    it('removes one when there are more than the limit, the least recently changed', async () => {
      const one = scene();
      const turns = [];
      for (let n = 0; n < 4; n++)
        turns.push(await one.answered(one.opening({ at: T0 + n * 1000 })));
      const ids = turns.map(({ conversationId }) => conversationId);
      await one.answered(one.reply(ids[0] ?? '', { at: T0 + 60_000 }));
      const remove = (max: number) =>
        one.conversations.removeOldest(one.ownerId, max, randomUUID());

      expect(await remove(4)).toBeNull();
      expect(await remove(10)).toBeNull();
      expect(await remove(2)).toBe(ids[1]);
      expect(await one.listed()).toEqual([ids[0], ids[3], ids[2]]);
      expect(await remove(2)).toBe(ids[2]);
      expect(await remove(2)).toBeNull();
      expect(await one.record(turns[1]?.id ?? '')).toMatchObject({ conversationDeleted: true });
    });

    it('spares one that is being answered and the one named', async () => {
      const one = scene();
      const running = await one.begun(one.opening({ at: T0 }));
      const claimed = await one.answered(one.opening({ at: T0 + 1000 }));
      await one.claimed(one.reply(claimed.conversationId));
      const named = await one.answered(one.opening({ at: T0 + 2000 }));
      const newest = await one.answered(one.opening({ at: T0 + 3000 }));
      const remove = () => one.conversations.removeOldest(one.ownerId, 1, named.conversationId);

      expect(await remove()).toBe(newest.conversationId);
      expect(await remove()).toBeNull();
      expect((await one.listed()).sort()).toEqual(
        [running, claimed, named].map(({ conversationId }) => conversationId).sort(),
      );
    });

    it('removes no more than needed when asked by several at once', async () => {
      const one = scene();
      for (let n = 0; n < 6; n++) await one.answered(one.opening({ at: T0 + n * 1000 }));
      const newest = (await one.listed()).slice(0, 4);

      const remove = () => one.conversations.removeOldest(one.ownerId, 4, 'none');
      const removed = await Promise.all(Array.from({ length: 6 }, remove));

      expect(await one.listed()).toEqual(expect.arrayContaining(newest));
      expect(removed.filter((id) => id !== null)).toHaveLength(6 - (await one.count()));
      while ((await remove()) !== null);
      expect(await one.listed()).toEqual(newest);
    });
  });
}
