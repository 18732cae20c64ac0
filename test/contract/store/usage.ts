import { randomUUID } from 'node:crypto';
import type { NewGeneration } from '../../../src/domain/generation.js';
import type { TokenClaim, UsageItem } from '../../../src/domain/token-usage.js';
import { dayAfter, dayOf } from '../../../src/domain/utc-days.js';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, failed, Scene, T0, type StoreUnderTest } from './scene.js';

const DAY_MS = 24 * 60 * 60_000;
export const TODAY = dayOf(T0);
const TOMORROW = dayAfter(TODAY, 1);

const tokens = (promptTokens: number, completionTokens: number, estimatedTokens = 0) => ({
  promptTokens,
  completionTokens,
  estimatedTokens,
});

/** An item of the day of the test, unless told otherwise. */
export function item(one: Scene, counts: Partial<UsageItem>): UsageItem {
  return {
    ownerId: one.ownerId,
    keyName: 'key',
    model: 'llama2',
    day: TODAY,
    generations: 0,
    completed: 0,
    cancelled: 0,
    failed: 0,
    ...tokens(0, 0),
    ...counts,
  };
}

export const usageOf = (one: Scene): Promise<UsageItem[]> =>
  one.store.usage.read(one.ownerId, { from: '2000-01-01', to: '2100-01-01' });

/** What a generation may take, with the quotas of its key. */
const taking = (claim: Partial<TokenClaim> = {}): { tokens: TokenClaim } => ({
  tokens: { keyName: 'key', promptTokens: 3, maxTokens: 7, quotas: null, ...claim },
});

const ofDay = (day: number) => taking({ quotas: { day, month: null } });

/** Ends it with these tokens of prompt and answer. */
async function spend(one: Scene, turn: NewGeneration, prompt: number, answer = 0, at = T0 + 2000) {
  await one.begun(turn);
  expect(await one.finish(turn, { ...completed('x', at), spent: tokens(prompt, answer) })).toBe(
    'ended',
  );
}

export function describeUsage(store: () => Store): void {
  describe('usage', () => {
    it('has what ended answers spent, by day, model and key', async () => {
      const one = new Scene(store());
      await spend(one, one.opening({}, taking()), 10, 5);
      await spend(one, one.opening({}, taking()), 1, 2);
      await spend(one, one.opening({}, { ...taking(), model: 'a' }), 1);
      await spend(one, one.opening({}, taking({ keyName: 'another' })), 2);
      await spend(one, one.opening({}, taking()), 3, 0, T0 + DAY_MS);
      const other = new Scene(store());
      await spend(other, other.opening({}, taking()), 100);
      const [done, ended] = [
        { generations: 1, completed: 1 },
        { generations: 2, completed: 2 },
      ];
      expect(await usageOf(one)).toEqual([
        item(one, { ...done, model: 'a', ...tokens(1, 0) }),
        item(one, { ...done, keyName: 'another', ...tokens(2, 0) }),
        item(one, { ...ended, ...tokens(11, 7) }),
        item(one, { ...done, day: TOMORROW, ...tokens(3, 0) }),
      ]);
      const { usage } = store();
      expect(await usage.read(one.ownerId, { from: TOMORROW, to: TOMORROW })).toHaveLength(1);
      const all = await usage.read(null, { from: TODAY, to: TOMORROW });
      expect(all).toEqual(
        expect.arrayContaining([...(await usageOf(one)), ...(await usageOf(other))]),
      );
    });

    it('counts each way to end once, however often it is written, and nothing that spent nothing', async () => {
      const one = new Scene(store());
      const turns = Array.from({ length: 4 }, () => one.opening({}, taking()));
      for (const turn of turns) await one.begun(turn, ['a']);
      const [a, b, c, d] = turns as [NewGeneration, NewGeneration, NewGeneration, NewGeneration];
      const ends = [
        [a, { ...completed('a'), spent: tokens(10, 1) }],
        [b, { ...cancelled('a'), spent: tokens(10, 2, 12) }],
        [c, { ...failed('a'), spent: tokens(10, 3, 3) }],
      ] as const;
      for (const [turn, end] of ends) {
        expect(await one.finish(turn, end)).toBe('ended');
        expect(await one.finish(turn, end)).toBe('lost');
      }
      await one.finish(d, { ...failed('', false), spent: null });
      expect(await usageOf(one)).toEqual([
        item(one, { generations: 3, completed: 1, cancelled: 1, failed: 1, ...tokens(30, 6, 15) }),
      ]);
    });

    it('counts an end without its messages, and one of a turn that was committed by it', async () => {
      const one = new Scene(store());
      const spent = tokens(5, 5);
      const [record, whole, again] = [
        one.opening({}, taking()),
        one.opening({}, taking()),
        'again',
      ];
      await one.begun(record);
      await one.finish(record, { ...failed('a'), spent }, null, 'record');
      await one.claimed(whole);
      await one.finish(whole, { ...completed('b'), spent }, batch(whole.key, 1, ['b']));
      const reply = one.reply(whole.conversationId, { text: again }, taking());
      await one.claimed(reply);
      const parentId = whole.messageId;
      await one.finish(reply, { ...completed('c'), spent, parentId }, batch(reply.key, 1, ['c']));
      expect(await usageOf(one)).toEqual([
        item(one, { generations: 3, completed: 2, failed: 1, ...tokens(15, 15) }),
      ]);
    });

    it('outlasts the conversation, and counts what is deleted while it is answered', async () => {
      const one = new Scene(store());
      const ended = one.opening({}, taking());
      await spend(one, ended, 1);
      await one.conversations.delete(one.ownerId, ended.conversationId, null);
      const running = one.opening({}, taking());
      await one.begun(running);
      await one.conversations.delete(one.ownerId, running.conversationId, null);
      const end = { ...cancelled('a'), spent: tokens(2, 1, 3) };
      expect(await one.finish(running, end)).toBe('deleted');
      await one.generations.sweep({ logsBefore: T0 + DAY_MS, rowsBefore: T0 + DAY_MS });
      expect(await one.generations.find(one.ownerId, ended.id)).toBeNull();
      expect(await usageOf(one)).toEqual([
        item(one, { generations: 2, completed: 1, cancelled: 1, ...tokens(3, 1, 3) }),
      ]);
    });

    it('estimates what a dead worker left, and nothing where no token came', async () => {
      const one = new Scene(store());
      const [sent, claimed, silent] = Array.from({ length: 3 }, () =>
        one.opening({}, taking({ promptTokens: 4 })),
      ) as [NewGeneration, NewGeneration, NewGeneration];
      await one.claimed(sent);
      await one.generations.commitTurn(sent.key, one.workerId, T0 + 1000, null, 9);
      await one.generations.append(one.workerId, [batch(sent.key, 1, ['a', 'b', 'c'])]);
      await one.claimed(claimed);
      await one.generations.append(one.workerId, [batch(claimed.key, 1, ['x'.repeat(40)])]);
      await one.claimed(silent);
      expect(await one.reap(0, T0 + 5000)).toHaveLength(3);
      expect(await usageOf(one)).toEqual([
        item(one, { generations: 2, failed: 2, ...tokens(13, 13, 26) }),
      ]);
    });

    it('loses only what is removed: days, and owners', async () => {
      const one = new Scene(store());
      const other = new Scene(store());
      for (const scene of [one, other]) await spend(scene, scene.opening({}, taking()), 1);
      await spend(one, one.opening({}, taking()), 2, 0, T0 - 500 * DAY_MS);
      await store().usage.removeBefore(dayAfter(TODAY, -400));
      expect(await usageOf(one)).toMatchObject([{ day: TODAY, promptTokens: 1 }]);
      await store().usage.eraseOwner(one.ownerId);
      expect(await usageOf(one)).toEqual([]);
      expect(await usageOf(other)).toHaveLength(1);
    });
  });

  describe('quotas', () => {
    const taken = (day: number, running: number, month = day) => ({ day, month, running });

    it('let a claim in while what was spent and what runs is below', async () => {
      const one = new Scene(store());
      const claim = (limit: number) => one.generations.claim(one.opening({}, ofDay(limit)));
      expect(await claim(10)).toEqual({ outcome: 'claimed', taken: taken(0, 0) });
      expect(await claim(10)).toEqual({ outcome: 'tokens_taken', taken: taken(0, 10) });
      expect(await claim(11)).toEqual({ outcome: 'claimed', taken: taken(0, 10) });
      expect(await store().usage.taken({ ownerId: one.ownerId, keyName: 'key' }, TODAY)).toEqual(
        taken(0, 20),
      );
      const other = one.opening({}, taking({ keyName: 'another', quotas: { day: 1, month: 1 } }));
      expect(await one.generations.claim(other)).toMatchObject({ outcome: 'claimed' });
    });

    it('count what ended instead of what it might have taken', async () => {
      const one = new Scene(store());
      await spend(one, one.opening({}, taking()), 4, 2);
      const turn = one.opening({}, ofDay(7));
      expect(await one.generations.claim(turn)).toEqual({ outcome: 'claimed', taken: taken(6, 0) });
      await one.generations.abandon(turn.key, one.workerId);
      const again = one.opening({}, ofDay(7));
      expect(await one.generations.claim(again)).toMatchObject({ outcome: 'claimed' });
      await one.finish(again, { ...failed('', false), spent: null });
      expect(await one.generations.claim(one.opening({}, ofDay(6)))).toEqual({
        outcome: 'tokens_taken',
        taken: taken(6, 0),
      });
    });

    it('count the day and the month of the claim', async () => {
      const one = new Scene(store());
      await spend(one, one.opening({}, taking()), 5);
      await spend(one, one.opening({}, taking()), 3, 0, T0 - DAY_MS);
      await spend(one, one.opening({}, taking()), 100, 0, T0 - 31 * DAY_MS);
      const within = (day: number | null, month: number | null) =>
        one.generations.claim(one.opening({}, taking({ quotas: { day, month } })));
      expect(await within(5, null)).toEqual({ outcome: 'tokens_taken', taken: taken(5, 0, 8) });
      expect(await within(null, 8)).toMatchObject({ outcome: 'tokens_taken' });
      expect(await within(6, 9)).toMatchObject({ outcome: 'claimed' });
    });

    it('know what was sent once it was', async () => {
      const one = new Scene(store());
      const turn = one.opening({}, ofDay(1));
      await one.generations.claim(turn);
      await one.generations.commitTurn(turn.key, one.workerId, T0 + 1000, null, 50);
      expect(await one.generations.claim(one.opening({}, ofDay(57)))).toEqual({
        outcome: 'tokens_taken',
        taken: taken(0, 57),
      });
    });

    it('are the last that is asked: what is taken otherwise is told', async () => {
      const one = new Scene(store());
      const idempotency = { key: randomUUID(), fingerprint: 'f' };
      const slots = [`${one.ownerId}:1`];
      const first = one.opening({}, { ...ofDay(1), idempotency, slots });
      expect(await one.generations.claim(first)).toMatchObject({ outcome: 'claimed' });
      const second = (over: Partial<NewGeneration>) =>
        one.generations.claim(one.opening({}, { ...ofDay(1), ...over }));
      expect(await second({ idempotency })).toMatchObject({ outcome: 'idempotent' });
      expect(await second({ id: first.id })).toEqual({ outcome: 'generation_exists' });
      expect(await second({ conversationId: first.conversationId })).toMatchObject({
        outcome: 'conversation_busy',
      });
      expect(await second({ slots })).toEqual({ outcome: 'slots_taken' });
      expect(await second({})).toMatchObject({ outcome: 'tokens_taken' });
    });
  });
}

/** Several instances at once: what one of them does, the others count. */
export function describeSharedUsage(store: () => Store, open: () => Promise<Store>): void {
  it('lets exactly as many claims of all workers in as a quota admits', async () => {
    const stores = [store(), await open(), await open()];
    for (let round = 0; round < 3; round += 1) {
      const one = new Scene(store());
      const claims = Array.from({ length: 24 }, (_, index) => {
        const turn = one.on(stores[index % 3] ?? store());
        return turn.generations.claim(turn.opening({}, ofDay(45)));
      });
      const outcomes = (await Promise.all(claims)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(5);
      expect(outcomes.filter((outcome) => outcome === 'tokens_taken')).toHaveLength(19);
    }
  });

  it('counts answers that end at the same time, each once', async () => {
    const stores = [store(), await open()];
    const one = new Scene(store());
    const turns = Array.from({ length: 20 }, () => one.opening({}, taking()));
    for (const turn of turns) await one.claimed(turn);
    const end = { ...completed('x'), spent: tokens(1, 2) };
    await Promise.all(
      turns.flatMap((turn) => stores.map((each) => one.on(each).finish(turn, end))),
    );
    expect(await usageOf(one)).toEqual([
      item(one, { generations: 20, completed: 20, ...tokens(20, 40) }),
    ]);
  });
}

/** What outlives a close. */
export function describeDurableUsage(makeStore: () => Promise<StoreUnderTest>): void {
  it('is there after a new start, each answer once', async () => {
    const subject = await makeStore();
    try {
      const one = new Scene(subject.store);
      for (const at of [T0 + 2000, T0 + 3 * DAY_MS])
        await spend(one, one.opening({}, taking()), 1, 2, at);
      await one.generations.sweep({ logsBefore: T0 + DAY_MS, rowsBefore: T0 + DAY_MS });
      const before = await usageOf(one);
      expect(before).toHaveLength(2);
      let again = one;
      for (let start = 0; start < 2; start += 1) {
        await again.store.close();
        again = one.on(await subject.open());
        expect(await usageOf(again)).toEqual(before);
      }
      const moved = [item(one, { generations: 1, completed: 1, ...tokens(5, 5) })];
      await again.store.usage.replaceAll(moved);
      await again.store.close();
      again = one.on(await subject.open());
      expect(await again.store.usage.all()).toEqual(moved);
    } finally {
      await subject.dispose();
    }
  });
}
