import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, Scene, T0 } from './scene.js';

/** Two instances of a shared store at work on the same data. */
export function describeSharing(store: () => Store, open: () => Promise<Store>): void {
  describe('shared by two instances', () => {
    let second: Store;
    beforeAll(async () => {
      second = await open();
    });

    it('lets one of their simultaneous claims through', async () => {
      const one = new Scene(store());
      const there = one.on(second);
      const { conversationId } = one.opening();
      const tries = Array.from(
        { length: 20 },
        (_, n) => [n % 2 ? one : there, one.reply(conversationId)] as const,
      );
      const results = await Promise.all(tries.map(([at, claim]) => at.generations.claim(claim)));
      expect(results.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    });

    it('shows each what the other writes', async () => {
      const one = new Scene(store());
      const there = one.on(second);
      const turn = await one.begun(one.opening(), ['a', 'b']);

      expect(await there.tokens(turn.key)).toEqual(['a', 'b']);
      expect(await there.transcript(turn.conversationId)).toContain('assistant: ab (streaming)');
      await there.coordination.watch(turn.key, there.workerId, true);
      await there.coordination.requestCancel(one.ownerId, turn.id);
      expect(await one.coordination.signals(one.workerId)).toEqual([
        { key: turn.key, stop: 'cancelled', watchers: 1 },
      ]);
      await one.finish(turn, cancelled('abc'), batch(turn.key, 3, ['c']));
      expect(await there.record(turn.id)).toMatchObject({ status: 'cancelled', response: 'abc' });
      expect(await there.listed()).toEqual([turn.conversationId]);
    });

    it('lets one delete what the other answers', async () => {
      const one = new Scene(store());
      const there = one.on(second);
      const turn = await one.claimed(one.opening());
      await Promise.all([
        one.generations.commitTurn(turn.key, turn.workerId, T0 + 1000),
        there.conversations.delete(one.ownerId, turn.conversationId, null),
      ]);
      await there.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(await one.finish(turn, cancelled('x'))).toBe('deleted');
      expect(await there.conversations.find(one.ownerId, turn.conversationId)).toBeNull();
    });

    it('lets one reap what a dead other ran', async () => {
      const one = new Scene(store(), { workerId: randomUUID() });
      const turn = await one.begun(one.opening(), ['a']);
      expect(await one.on(second).reap(0, T0 + 30_000)).toEqual([turn.key]);
      expect(await one.generations.append(one.workerId, [batch(turn.key, 2, ['b'])])).toEqual([
        turn.key,
      ]);
    });
  });
}
