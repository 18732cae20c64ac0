import { randomUUID } from 'node:crypto';
import { WORKER_LOST_ERROR } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { calibrationOf, savedOf } from './calibrations.js';
import {
  failed,
  newestFirst,
  Scene,
  type StoreTraits,
  type StoreUnderTest,
  T0,
  titled,
} from './scene.js';

/** What is there after the process has ended and another has begun. */
export function describeDurability(
  makeStore: () => Promise<StoreUnderTest>,
  { shared }: StoreTraits,
): void {
  describe('after a restart', () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await makeStore();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    async function restarted(one: Scene): Promise<Scene> {
      await store.close();
      store = await subject.open();
      return one.on(store);
    }

    it('has conversations, lists, generations and logs as they were', async () => {
      const one = new Scene(store);
      const other = new Scene(store);
      const idempotency = { key: randomUUID(), fingerprint: 'f' };
      const first = await one.answered(
        one.opening({ system: 'Sir', title: 'Größe 😀' }, { idempotency }),
        'שלום\n"x"',
      );
      await one.answered(one.reply(first.conversationId, { at: T0 + 9000 }), 'More');
      await one.answered(one.opening({ at: T0 + 5000 }));
      const gone = await one.answered(one.opening());
      await one.conversations.delete(one.ownerId, gone.conversationId, null);
      await one.conversations.update(one.ownerId, first.conversationId, titled('Renamed'), null);
      await other.answered(
        other.opening({}, { conversationId: first.conversationId, id: first.id }),
      );
      const look = async (at: Scene) => ({
        page: await at.conversations.list(at.ownerId, newestFirst({ limit: 10, offset: 0 })),
        conversation: await at.conversation(first.conversationId),
        record: await at.record(first.id),
        byKey: await at.generations.findByIdempotencyKey(at.ownerId, idempotency.key),
        log: await at.tokens(first.key),
      });
      const before = [await look(one), await look(other), await one.record(gone.id)];

      const again = await restarted(one);

      expect([await look(again), await look(other.on(store)), await again.record(gone.id)]).toEqual(
        before,
      );
      expect(before[2]).toMatchObject({ conversationDeleted: true });
    });

    it('has what was learnt of models', async () => {
      const calibration = calibrationOf({ latin: 1.25 });
      await store.calibrations.save([calibration]);
      const again = await restarted(new Scene(store));
      expect(await savedOf(again.store, calibration)).toEqual([calibration]);
      expect(await again.listed()).toEqual([]);
    });

    it('still holds ids and keys, and those that were freed are free', async () => {
      const one = new Scene(store);
      const held = { id: randomUUID(), idempotency: { key: randomUUID(), fingerprint: 'f' } };
      const freed = { id: randomUUID(), idempotency: { key: randomUUID(), fingerprint: 'f' } };
      await one.answered(one.opening({}, held));
      await one.finish(await one.claimed(one.opening({}, freed)), failed('', false));
      const abandoned = await one.claimed(one.opening());
      await one.generations.abandon(abandoned.key, abandoned.workerId);
      const idempotency = { key: randomUUID(), fingerprint: 'f' };
      const old = await one.answered(one.opening({}, { idempotency }));
      await one.generations.freeIdempotencyKey(old.key);

      const again = await restarted(one);

      expect(await again.generations.claim(again.opening({}, held))).toMatchObject({
        outcome: 'idempotent',
        generation: { response: 'Hi there' },
      });
      expect(await again.record(freed.id)).toMatchObject({ status: 'failed', committed: false });
      await again.claimed(again.opening({}, freed));
      await again.claimed(again.opening({}, { idempotency }));
      expect(await again.generations.find(again.ownerId, abandoned.id)).toBeNull();
    });

    it('ends what a dead process was answering, with what was stored of it', async () => {
      const one = new Scene(store);
      const slots = [`${randomUUID()}:1`];
      const begun = await one.begun(one.opening({ text: 'q' }, { slots }), ['Half', ' an']);
      const staged = await one.claimed(one.opening({ text: 'unanswered' }));

      const again = await restarted(one);
      // One that sees that nobody else has it open has ended them when it was opened.
      if (shared) await again.reap(0, T0 + 30_000);

      expect(await again.record(begun.id)).toMatchObject({
        status: 'failed',
        phase: 'generating',
        response: 'Half an',
        seq: 2,
        error: WORKER_LOST_ERROR,
        committed: true,
      });
      expect(await again.transcript(begun.conversationId)).toEqual([
        'user: q (complete)',
        'assistant: Half an (failed)',
      ]);
      expect(await again.transcript(staged.conversationId)).toEqual([
        'user: unanswered (complete)',
        'assistant:  (failed)',
      ]);
      expect(await again.tokens(begun.key)).toEqual(['Half', ' an']);
      expect((await again.coordination.workers()).has(one.workerId)).toBe(false);
      await again.claimed(again.reply(begun.conversationId, {}, { slots }));
    });

    it('leaves deleted what was deleted while it was answered', async () => {
      const one = new Scene(store);
      const begun = await one.begun(one.opening());
      const staged = await one.claimed(one.opening());
      for (const { conversationId } of [begun, staged])
        await one.conversations.delete(one.ownerId, conversationId, null);

      const again = await restarted(one);
      if (shared) await again.reap(0, T0 + 30_000);

      expect(await again.listed()).toEqual([]);
      for (const { id } of [begun, staged])
        expect(await again.record(id)).toMatchObject({
          status: 'failed',
          conversationDeleted: true,
        });
    });

    it('has the swept gone and their answers kept', async () => {
      const one = new Scene(store);
      const swept = await one.answered(one.opening({ at: T0 }), 'Kept');
      await one.generations.sweep({ logsBefore: T0 + 2001, rowsBefore: 0 });
      const again = await restarted(one);
      expect(await again.tokens(swept.key)).toEqual([]);
      expect(await again.record(swept.id)).toMatchObject({ response: 'Kept', seq: 1 });
    });
  });
}
