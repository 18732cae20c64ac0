import { randomUUID } from 'node:crypto';
import type { GenerationEnd, NewGeneration } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import {
  CLAIM_CASES,
  END_CASES,
  LOG_CASES,
  READ_CASES,
  SLOT_CASES,
  type EndCase,
} from './rule-cases.js';
import { batch, cancelled, completed, failed, Scene, T0 } from './scene.js';

/** Holds a store, through its ports, against the cases of the rules. */
export function describeRules(store: () => Store): void {
  describe('rules of a turn', () => {
    const scene = () => new Scene(store());

    it.each(CLAIM_CASES)(
      'a claim that finds $taken taken is $outcome',
      async ({ taken, outcome }) => {
        const one = scene();
        const slots = [`${randomUUID()}:1`];
        const idempotency = { key: randomUUID(), fingerprint: 'f' };
        const held = {
          key: await one.claimed(one.opening({}, { idempotency })),
          id: await one.claimed(one.opening()),
          conversation: await one.claimed(one.opening()),
          slots: await one.claimed(one.opening({}, { slots })),
        };
        const wanted = one.opening(
          {},
          {
            ...(taken.includes('key') && { idempotency }),
            ...(taken.includes('id') && { id: held.id.id }),
            ...(taken.includes('conversation') && {
              conversationId: held.conversation.conversationId,
            }),
            ...(taken.includes('slots') && { slots }),
          },
        );
        expect(await one.generations.claim(wanted)).toMatchObject({
          outcome,
          ...(outcome === 'idempotent' && { generation: { key: held.key.key } }),
          ...(outcome === 'conversation_busy' && { activeGenerationId: held.conversation.id }),
        });
      },
    );

    it.each(SLOT_CASES)('of three slots with $taken taken a claim gets $gets', async (each) => {
      const one = scene();
      const client = randomUUID();
      const slot = (number: number) => `${client}:${number}`;
      for (const number of each.taken)
        await one.claimed(one.opening({}, { slots: [slot(number)] }));
      const slots = [1, 2, 3].map(slot);
      const { outcome } = await one.generations.claim(one.opening({}, { slots }));
      expect(outcome).toBe(each.gets === null ? 'slots_taken' : 'claimed');
      // The slot that it got is the only one that is taken now and was free before.
      for (const number of [1, 2, 3]) {
        const isTaken = each.taken.some((held) => held === number) || number === each.gets;
        const probe = await one.generations.claim(one.opening({}, { slots: [slot(number)] }));
        expect(probe.outcome).toBe(isTaken ? 'slots_taken' : 'claimed');
      }
    });

    it.each(END_CASES)('%j', async (each) => {
      const one = scene();
      const ids = { id: randomUUID(), idempotency: { key: randomUUID(), fingerprint: 'f' } };
      const { generation, before } = await staged(one, each, ids);
      const { key, workerId, conversationId, messageId } = generation;
      if (each.begun)
        expect(await one.generations.commitTurn(key, workerId, T0 + 11_000)).toBe('committed');
      const tail = each.response === '' ? null : batch(key, 1, [each.response]);
      expect(await one.finish(generation, endOf(each), tail)).toBe('ended');

      const isCommitted = each.message !== null;
      expect(await one.record(ids.id)).toMatchObject({
        status: each.status,
        committed: isCommitted,
      });
      if (isCommitted) {
        const { messages } = await one.conversation(conversationId);
        expect(messages.at(-1)).toMatchObject({
          id: messageId,
          status: each.message,
          content: each.response,
        });
      } else if (before) {
        expect(await one.conversation(conversationId)).toEqual(before);
      } else expect(await one.conversations.find(one.ownerId, conversationId)).toBeNull();

      const again = await one.generations.claim(one.opening({}, { id: ids.id }));
      expect(again.outcome).toBe(each.holdsIds ? 'generation_exists' : 'claimed');
      const repeated = one.opening({}, { idempotency: ids.idempotency });
      const { outcome } = await one.generations.claim(repeated);
      expect(outcome).toBe(each.holdsIds ? 'idempotent' : 'claimed');
    });

    it.each(READ_CASES)('%j', async ({ log, end, reads }) => {
      const one = scene();
      const turn = await one.begun(one.opening(), log);
      if (end) {
        const { status, response } = end;
        const ending = endOf({ status, response, keep: true });
        expect(await one.finish(turn, ending, null, 'record')).toBe('ended');
      }
      const { messages } = await one.conversation(turn.conversationId);
      expect(messages.at(-1)).toMatchObject(reads);
    });

    it.each(LOG_CASES)('a log of $name', async ({ appended, tokens }) => {
      const one = scene();
      const { key, id, workerId } = await one.begun(one.opening());
      for (const runs of appended) {
        const batches = runs.map(([firstSeq, ...texts]) => batch(key, firstSeq, texts));
        expect(await one.generations.append(workerId, batches)).toEqual([]);
      }
      for (let after = 0; after <= tokens.length; after += 1)
        expect(await one.tokens(key, after)).toEqual(tokens.slice(after));
      expect(await one.record(id)).toMatchObject({
        response: tokens.join(''),
        seq: tokens.length,
      });
    });
  });
}

/** The turn of a case, claimed; with its conversation as it was before, where there was one. */
async function staged(one: Scene, { turn }: EndCase, ids: Partial<NewGeneration>) {
  if (turn === 'opening')
    return { generation: await one.claimed(one.opening({}, ids)), before: null };
  const { conversationId, answerParentId } = await one.answered(one.opening(), 'old');
  const before = await one.conversation(conversationId);
  const next =
    turn === 'reply'
      ? one.reply(conversationId, { at: T0 + 10_000 })
      : one.regeneration(conversationId, answerParentId, T0 + 10_000);
  return { generation: await one.claimed({ ...next, ...ids }), before };
}

function endOf({
  status,
  response,
  keep,
}: Pick<EndCase, 'status' | 'response' | 'keep'>): GenerationEnd {
  const at = T0 + 12_000;
  if (status === 'completed') return completed(response, at);
  return status === 'cancelled' ? cancelled(response, at) : failed(response, keep, at);
}
