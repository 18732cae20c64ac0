import { randomUUID } from 'node:crypto';
import type { ClaimResult, NewGeneration } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { completed, failed, Scene, T0 } from './scene.js';

function outcomes(results: ClaimResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const idempotency = () => ({ key: `key-${randomUUID()}`, fingerprint: 'of the body' });

export function describeClaims(store: () => Store): void {
  describe('claim', () => {
    const scene = () => new Scene(store());
    const claimAll = (generations: NewGeneration[]) =>
      Promise.all(generations.map((generation) => store().generations.claim(generation)));

    it('lets one of fifty simultaneous claims of a conversation through', async () => {
      const one = scene();
      const { conversationId } = one.opening();
      const tries = Array.from({ length: 50 }, () => one.reply(conversationId));

      const results = await claimAll(tries);

      expect(outcomes(results)).toEqual({ claimed: 1, conversation_busy: 49 });
      const winner = tries[results.findIndex(({ outcome }) => outcome === 'claimed')];
      for (const result of results)
        if (result.outcome === 'conversation_busy')
          expect(result.activeGenerationId).toBe(winner?.id);
    });

    it('gives out exactly as many slots as there are', async () => {
      const one = scene();
      const client = randomUUID();
      const slots = [1, 2, 3].map((number) => `${client}:${number}`);

      const results = await claimAll(Array.from({ length: 30 }, () => one.opening({}, { slots })));

      expect(outcomes(results)).toEqual({ claimed: 3, slots_taken: 27 });
    });

    it('gives every later claim of an idempotency key the first one’s record', async () => {
      const one = scene();
      const key = idempotency();
      const tries = Array.from({ length: 30 }, () => one.opening({}, { idempotency: key }));

      const results = await claimAll(tries);

      expect(outcomes(results)).toEqual({ claimed: 1, idempotent: 29 });
      const winner = tries[results.findIndex(({ outcome }) => outcome === 'claimed')];
      for (const result of results)
        if (result.outcome === 'idempotent')
          expect(result.generation).toMatchObject({ key: winner?.key, idempotency: key });
    });

    it('lets one of many simultaneous claims of a public id through', async () => {
      const one = scene();
      const id = randomUUID();

      const results = await claimAll(Array.from({ length: 30 }, () => one.opening({}, { id })));

      expect(outcomes(results)).toEqual({ claimed: 1, generation_exists: 29 });
    });

    it('looks at the key first, then the public id, the conversation and the slots', async () => {
      const one = scene();
      const slots = [`${randomUUID()}:1`];
      const taken = await one.claimed(one.opening({}, { idempotency: idempotency(), slots }));
      const { id, conversationId } = taken;
      const like = (overrides: Partial<NewGeneration>) =>
        one.generations.claim(one.opening({}, { slots, ...overrides }));

      expect(await like({ idempotency: taken.idempotency, id, conversationId })).toMatchObject({
        outcome: 'idempotent',
      });
      expect(await like({ idempotency: idempotency(), id, conversationId })).toEqual({
        outcome: 'generation_exists',
      });
      expect(await like({ idempotency: idempotency(), conversationId })).toEqual({
        outcome: 'conversation_busy',
        activeGenerationId: id,
      });
      expect(await like({ idempotency: idempotency() })).toEqual({ outcome: 'slots_taken' });
    });

    it('takes nothing when it fails', async () => {
      const one = scene();
      const slots = [`${randomUUID()}:1`];
      const { conversationId } = await one.claimed(one.opening());
      const key = idempotency();
      const refused = one.reply(conversationId, {}, { slots, idempotency: key });
      expect(await one.generations.claim(refused)).toMatchObject({ outcome: 'conversation_busy' });

      await one.claimed(one.opening({}, { slots, id: refused.id, idempotency: key }));
    });

    it('releases conversation and slot at the end, and keeps public id and key', async () => {
      const one = scene();
      const slots = [`${randomUUID()}:1`];
      const first = await one.answered(one.opening({}, { slots, idempotency: idempotency() }));

      await one.claimed(one.reply(first.conversationId, {}, { slots }));
      expect(await one.generations.claim(one.opening({}, { id: first.id }))).toEqual({
        outcome: 'generation_exists',
      });
      expect(
        await one.generations.claim(one.opening({}, { idempotency: first.idempotency })),
      ).toMatchObject({ outcome: 'idempotent', generation: { response: 'Hi there' } });
    });

    it('leaves no trace of an abandoned claim', async () => {
      const one = scene();
      const { conversationId } = await one.answered(one.opening());
      const wish = { slots: [`${randomUUID()}:1`], idempotency: idempotency(), id: randomUUID() };
      const first = await one.claimed(one.reply(conversationId, {}, wish));

      await one.generations.abandon(first.key, first.workerId);

      expect(await one.generations.find(one.ownerId, first.id)).toBeNull();
      expect((await one.conversation(conversationId)).activeGenerationId).toBeNull();
      expect(
        await one.generations.findByIdempotencyKey(one.ownerId, wish.idempotency.key),
      ).toBeNull();
      await one.claimed(one.reply(conversationId, {}, wish));
    });

    it('abandons neither another worker’s claim nor an ended generation', async () => {
      const one = scene();
      const running = await one.claimed(one.opening());
      await one.generations.abandon(running.key, randomUUID());
      expect(await one.record(running.id)).toMatchObject({ status: 'queued' });

      const ended = await one.answered(one.opening());
      await one.generations.abandon(ended.key, ended.workerId);
      expect(await one.record(ended.id)).toMatchObject({ status: 'completed' });
    });

    it('frees public id and key of a failure that kept nothing, and still shows it', async () => {
      const one = scene();
      const wish = { idempotency: idempotency(), id: randomUUID() };
      const first = await one.claimed(one.opening({}, wish));
      expect(await one.finish(first, failed('', false))).toBe('ended');

      expect(await one.record(first.id)).toMatchObject({ status: 'failed', key: first.key });
      expect(
        await one.generations.findByIdempotencyKey(one.ownerId, wish.idempotency.key),
      ).toBeNull();
      const second = await one.claimed(one.opening({ at: T0 + 5000 }, wish));
      expect(await one.record(wish.id)).toMatchObject({ key: second.key, status: 'queued' });
      expect(await one.finish(second, completed('Now', T0 + 7000))).toBe('ended');
      expect(
        await one.generations.findByIdempotencyKey(one.ownerId, wish.idempotency.key),
      ).toMatchObject({ key: second.key, response: 'Now' });
    });

    it('keeps owners apart who use the same ids', async () => {
      const [one, other] = [scene(), scene()];
      const wish = {
        id: randomUUID(),
        idempotency: idempotency(),
        conversationId: randomUUID(),
      };
      const mine = await one.answered(one.opening({ text: 'mine' }, wish), 'for one');
      const theirs = await other.answered(other.opening({ text: 'theirs' }, wish), 'for other');

      expect(await one.record(wish.id)).toMatchObject({ key: mine.key, response: 'for one' });
      expect(await other.record(wish.id)).toMatchObject({ key: theirs.key });
      expect(await one.transcript(wish.conversationId)).toContain('user: mine (complete)');
      expect(await other.transcript(wish.conversationId)).toContain('user: theirs (complete)');
      expect(await one.conversations.delete(one.ownerId, wish.conversationId, null)).toEqual({
        outcome: 'deleted',
      });
      expect(await other.transcript(wish.conversationId)).toContain('user: theirs (complete)');
      expect((await other.record(wish.id)).conversationDeleted).toBe(false);
    });
  });
}
