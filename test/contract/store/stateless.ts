import { randomUUID } from 'node:crypto';
import { NO_TURN, WORKER_LOST_ERROR, type NewGeneration } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { changesOf } from './changes.js';
import { batch, cancelled, completed, failed, Scene, T0, type StoreUnderTest } from './scene.js';
import { usageOf } from './usage.js';

/** One that no other test has. */
const oneSlot = () => ({ slots: [`client-${randomUUID()}:1`] });
const keyed = (key: string) => ({ idempotency: { key, fingerprint: 'f' } });

/** A generation without a conversation. */
export function statelessOf(one: Scene, overrides: Partial<NewGeneration> = {}): NewGeneration {
  const generation = one.reply(randomUUID(), {}, { stateless: true, turn: NO_TURN, ...overrides });
  return { ...generation, answerParentId: generation.conversationId };
}

/** What a history would show of it, and of nothing else. */
async function traceOf(one: Scene, { conversationId }: NewGeneration, start: string) {
  const { entries } = await changesOf(one.store, one.ownerId, start);
  const found = await one.conversations.find(one.ownerId, conversationId);
  return { conversations: await one.count(), changes: entries.length, found };
}

const NO_TRACE = { conversations: 0, changes: 0, found: null };

export function describeStateless(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('a generation without a conversation', () => {
    it('is committed and ended, and leaves nothing but its record', async () => {
      const one = scene();
      const start = await store().changes.end();
      const turn = await one.claimed(statelessOf(one, { echo: '{"n":1}' }));
      const { key, workerId } = turn;
      expect(await one.record(turn.id)).toMatchObject({ stateless: true, committed: false });
      expect(await one.generations.commitTurn(key, workerId, T0 + 1000, null, 7)).toBe('committed');
      expect(await one.generations.commitTurn(key, workerId, T0 + 1001, null, 7)).toBe('committed');
      await one.generations.append(workerId, [batch(key, 1, ['Good', ' day'])]);
      expect(await one.record(turn.id)).toMatchObject({ committed: true, response: 'Good day' });
      expect(await one.finish(turn, completed('Good day!'), batch(key, 3, ['!']))).toBe('ended');

      expect(await one.record(turn.id)).toMatchObject({
        ...{ stateless: true, echo: '{"n":1}', committed: true, conversationDeleted: false },
        ...{ status: 'completed', response: 'Good day!', seq: 3, finishReason: 'stop' },
      });
      expect(await one.tokens(key)).toEqual(['Good', ' day', '!']);
      expect(await one.generations.deletedAmong([key])).toEqual([]);
      expect(await usageOf(one)).toMatchObject([{ generations: 1, promptTokens: 12 }]);
      expect(await traceOf(one, turn, start)).toEqual(NO_TRACE);
    });

    it('is ended before its first token', async () => {
      const one = scene();
      const start = await store().changes.end();
      const whole = await one.claimed(statelessOf(one));
      const tail = batch(whole.key, 1, ['Yes']);
      expect(await one.finish(whole, completed('Yes'), tail)).toBe('ended');
      expect(await one.record(whole.id)).toMatchObject({ committed: true, response: 'Yes' });
      expect(await one.tokens(whole.key)).toEqual(['Yes']);

      for (const end of [completed(''), cancelled('')]) {
        const turn = await one.claimed(statelessOf(one, keyed(randomUUID())));
        expect(await one.finish(turn, end)).toBe('ended');
        expect(await one.record(turn.id)).toMatchObject({ committed: true, response: '' });
        expect(await one.generations.claim(statelessOf(one, { id: turn.id }))).toEqual({
          outcome: 'generation_exists',
        });
      }
      expect(await traceOf(one, whole, start)).toEqual(NO_TRACE);
    });

    it('frees its ids where it failed before its first token', async () => {
      const one = scene();
      const slot = oneSlot();
      const turn = await one.claimed(statelessOf(one, { ...slot, ...keyed('k') }));
      expect(await one.finish(turn, failed('', false))).toBe('ended');
      expect(await one.record(turn.id)).toMatchObject({ status: 'failed', committed: false });
      const again = statelessOf(one, { ...slot, ...keyed('k'), id: turn.id });
      expect(await one.generations.claim(again)).toEqual({ outcome: 'claimed' });
    });

    it('takes its slot, its id and its idempotency key, and no conversation', async () => {
      const one = scene();
      const slot = oneSlot();
      const turn = await one.claimed(statelessOf(one, { ...slot, ...keyed('k') }));
      const claim = (overrides: Partial<NewGeneration>) =>
        one.generations.claim(statelessOf(one, overrides));
      expect(await claim(slot)).toEqual({ outcome: 'slots_taken' });
      expect(await claim({ id: turn.id })).toEqual({ outcome: 'generation_exists' });
      expect(await claim(keyed('k'))).toMatchObject({
        outcome: 'idempotent',
        generation: { key: turn.key, stateless: true },
      });
      expect(await claim({})).toEqual({ outcome: 'claimed' });
      await one.begun(one.opening());
    });

    it('counts for quotas while it runs', async () => {
      const one = scene();
      const tokens = {
        ...{ keyName: 'key', promptTokens: 3, maxTokens: 7 },
        quotas: { day: 5, month: null },
      };
      await one.claimed(statelessOf(one));
      expect(await one.generations.claim(statelessOf(one, { tokens }))).toMatchObject({
        outcome: 'claimed',
      });
      expect(await one.generations.claim(statelessOf(one, { tokens }))).toMatchObject({
        outcome: 'tokens_taken',
        taken: { running: 10 },
      });
    });

    it('is cancelled on any worker, and followed from it', async () => {
      const one = scene();
      const turn = await one.begun(statelessOf(one), ['a', 'b']);
      const { coordination } = one;
      expect(await coordination.requestCancel(one.ownerId, turn.id)).toMatchObject({
        ...{ key: turn.key, stateless: true, status: 'running', response: 'ab' },
      });
      expect(await coordination.signals(one.workerId)).toEqual([
        { key: turn.key, stop: 'cancelled', watchers: 0 },
      ]);
      expect(await coordination.follow([{ key: turn.key, after: 1 }])).toMatchObject([
        { key: turn.key, tokens: ['b'], ended: null },
      ]);
      expect(await one.finish(turn, cancelled('ab'))).toBe('ended');
      expect(await coordination.follow([{ key: turn.key, after: 2 }])).toMatchObject([
        { key: turn.key, tokens: [], ended: { status: 'cancelled', stateless: true } },
      ]);
    });

    it.each([[['Half']], [[]]])(
      'is ended for a dead worker, with what it wrote: %j',
      async (log) => {
        const one = scene();
        const start = await store().changes.end();
        const turn = await one.claimed(statelessOf(one));
        if (log.length > 0) {
          await one.generations.commitTurn(turn.key, turn.workerId, T0 + 1000, null, 7);
          await one.generations.append(one.workerId, [batch(turn.key, 1, log)]);
        }
        expect(await one.reap(0, T0 + 9000)).toEqual([turn.key]);
        expect(await one.record(turn.id)).toMatchObject({
          ...{ status: 'failed', error: WORKER_LOST_ERROR, response: log.join('') },
          ...{ committed: true, conversationDeleted: false, seq: log.length },
        });
        expect(await one.finish(turn, completed('late'))).toBe('lost');
        expect(await traceOf(one, turn, start)).toEqual(NO_TRACE);
      },
    );

    it('is ended without its tail where only its record can be stored', async () => {
      const one = scene();
      const turn = await one.begun(statelessOf(one), ['a']);
      expect(await one.finish(turn, completed('ab'), null, 'record')).toBe('ended');
      expect(await one.record(turn.id)).toMatchObject({ status: 'completed', response: 'ab' });
    });

    it('keeps what is beside its text', async () => {
      const one = scene();
      const turn = await one.begun(statelessOf(one));
      const parts = { list: [{ thinking: 'Hm' }, { text: 3 }], thinkingMs: 5 };
      const end = { ...completed('Yes'), parts };
      const pieces = [{ thinking: 'Hm' }, 'Yes'];
      expect(await one.finish(turn, end, batch(turn.key, 1, pieces))).toBe('ended');
      expect(await one.record(turn.id)).toMatchObject({ response: 'Yes', parts });
    });

    it('goes with the retention: first its texts, then all of it', async () => {
      const one = scene();
      const { generations } = one;
      const parts = { list: [{ thinking: 'Hm' }, { text: 3 }], thinkingMs: 5 };
      const [turn, talk] = [
        await one.begun(statelessOf(one, { echo: '{}' })),
        await one.answered(one.opening()),
      ];
      const end = { ...completed('Yes', T0 + 2000), parts };
      await one.finish(turn, end, batch(turn.key, 1, [{ thinking: 'Hm' }, 'Yes']));
      await generations.sweep({ logsBefore: T0 + 2000, rowsBefore: 0 });
      expect(await one.record(turn.id)).toMatchObject({ response: 'Yes', parts });
      await generations.sweep({ logsBefore: T0 + 2001, rowsBefore: 0 });
      expect(await one.record(turn.id)).toMatchObject({
        ...{ status: 'completed', response: '', parts: null, seq: 2, echo: '{}' },
        conversationDeleted: false,
      });
      expect(await one.tokens(turn.key)).toEqual([]);
      expect(await one.record(talk.id)).toMatchObject({ response: 'Hi there' });
      await generations.sweep({ logsBefore: T0 + 2001, rowsBefore: T0 + 2001 });
      expect(await generations.find(one.ownerId, turn.id)).toBeNull();
    });

    it('is its owner’s alone', async () => {
      const [one, other] = [scene(), scene()];
      const turn = await one.begun(statelessOf(one), ['a']);
      expect(await other.generations.find(other.ownerId, turn.id)).toBeNull();
      expect(await other.coordination.requestCancel(other.ownerId, turn.id)).toBeNull();
    });
  });

  describe('the echo of a request', () => {
    it('is with the record, as it was, until the conversation is deleted', async () => {
      const one = scene();
      const echo = '{"model":"Llama2 \\"x\\"","é":null}';
      const turn = await one.begun(one.opening({}, { echo }));
      expect(await one.record(turn.id)).toMatchObject({ echo, stateless: false });
      await one.finish(turn, completed('Yes'));
      await one.generations.sweep({ logsBefore: T0 + 9000, rowsBefore: 0 });
      expect(await one.record(turn.id)).toMatchObject({ echo, response: 'Yes' });
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(await one.record(turn.id)).toMatchObject({ echo: null, response: '' });
    });

    it('goes with the message that was deleted', async () => {
      const one = scene();
      const first = await one.answered(one.opening());
      const turn = await one.answered(one.reply(first.conversationId, {}, { echo: '{}' }));
      const { conversationId } = first;
      await one.conversations.deleteMessage(one.ownerId, conversationId, turn.messageId, null);
      expect(await one.record(turn.id)).toMatchObject({ echo: null });
    });
  });
}

/** One opened instance over the data of another. */
export function describeDurableStateless(makeStore: () => Promise<StoreUnderTest>): void {
  describe('a generation without a conversation, after a restart', () => {
    it('is as it was, and one that ran is ended', async () => {
      const subject = await makeStore();
      try {
        const before = new Scene(subject.store);
        const ended = await before.begun(statelessOf(before, { echo: '{"a":1}' }), ['Yes']);
        await before.finish(ended, completed('Yes'));
        const running = await before.begun(statelessOf(before), ['Half']);
        const record = await before.record(ended.id);
        await subject.store.close();
        const after = before.on(await subject.open());
        expect(await after.record(ended.id)).toEqual(record);
        expect(await after.tokens(ended.key)).toEqual(['Yes']);
        await after.reap(0, T0 + 9000);
        expect(await after.record(running.id)).toMatchObject({
          ...{ status: 'failed', response: 'Half', committed: true, stateless: true },
        });
        expect(await after.count()).toBe(0);
      } finally {
        await subject.dispose();
      }
    });
  });
}
