import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.js';
import { batch, completed, Scene, T0 } from './scene.js';

export function describeLog(store: () => Store): void {
  describe('log', () => {
    const scene = () => new Scene(store());

    it('stores runs of many generations at once and reads them after a number', async () => {
      const one = scene();
      const [a, b] = [await one.begun(one.opening()), await one.begun(one.opening())];
      const { generations, workerId } = one;

      expect(
        await generations.append(workerId, [
          batch(a.key, 1, ['1', '2', '3']),
          batch(b.key, 1, ['x']),
        ]),
      ).toEqual([]);
      expect(
        await generations.append(workerId, [batch(a.key, 4, ['4', '5']), batch(b.key, 2, ['y'])]),
      ).toEqual([]);

      expect(await one.tokens(a.key)).toEqual(['1', '2', '3', '4', '5']);
      expect(await one.tokens(b.key)).toEqual(['x', 'y']);
      for (const after of [0, 1, 2, 3, 4]) {
        const log = await generations.readLog(a.key, after);
        expect(log.flatMap(({ firstSeq, tokens }) => tokens.map((_, n) => firstSeq + n))).toEqual(
          [1, 2, 3, 4, 5].slice(after),
        );
        expect(log.flatMap(({ tokens }) => tokens)).toEqual(['1', '2', '3', '4', '5'].slice(after));
        expect(log.every(({ key }) => key === a.key)).toBe(true);
      }
      expect(await generations.readLog(a.key, 5)).toEqual([]);
      expect(await generations.readLog(a.key, 99)).toEqual([]);
      expect(await generations.readLog(randomUUID(), 0)).toEqual([]);
    });

    it('writes a repeated batch once, also when it has grown meanwhile', async () => {
      const one = scene();
      const { key, id, workerId } = await one.begun(one.opening());
      const append = (firstSeq: number, tokens: string[]) =>
        one.generations.append(workerId, [batch(key, firstSeq, tokens)]);

      await append(1, ['a', 'b']);
      await append(1, ['a', 'b']);
      await append(1, ['a', 'b', 'c', 'd']);
      await append(1, ['a', 'b']);

      expect(await one.tokens(key)).toEqual(['a', 'b', 'c', 'd']);
      expect(await one.record(id)).toMatchObject({ response: 'abcd', seq: 4 });
      await one.finish(
        { ...one.opening(), key, workerId },
        completed('abcde'),
        batch(key, 3, ['c', 'd', 'e']),
      );
      expect(await one.tokens(key)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('shows a running generation’s text and number, in its record and its message', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Once', ' upon']);
      await one.generations.append(one.workerId, [batch(turn.key, 3, [' a'])]);

      expect(await one.record(turn.id)).toMatchObject({
        status: 'running',
        phase: 'generating',
        response: 'Once upon a',
        seq: 3,
        finishedAt: null,
      });
      expect((await one.conversation(turn.conversationId)).messages.at(-1)).toMatchObject({
        status: 'streaming',
        content: 'Once upon a',
        seq: 3,
      });
      const window = await one.conversations.find(one.ownerId, turn.conversationId, { limit: 1 });
      expect(window).toMatchObject({ messages: [{ content: 'Once upon a', seq: 3 }] });
    });

    it('stores tokens of a generation whose turn is not messages yet', async () => {
      const one = scene();
      const { key, id, workerId } = await one.claimed(one.opening());
      expect(await one.generations.append(workerId, [batch(key, 1, ['early'])])).toEqual([]);
      expect(await one.record(id)).toMatchObject({ response: 'early', seq: 1 });
    });

    it('names the generations that are no longer this worker’s, and writes the others', async () => {
      const one = scene();
      const mine = await one.begun(one.opening(), ['a']);
      const ended = await one.answered(one.opening(), 'whole');
      const theirs = await one.begun(one.opening({}, { workerId: randomUUID() }));
      const unknown = randomUUID();

      const lost = await one.generations.append(one.workerId, [
        batch(ended.key, 2, ['!']),
        batch(mine.key, 2, ['b']),
        batch(theirs.key, 1, ['!']),
        batch(unknown, 1, ['!']),
      ]);

      expect([...lost].sort()).toEqual([ended.key, theirs.key, unknown].sort());
      expect(await one.tokens(mine.key)).toEqual(['a', 'b']);
      expect(await one.tokens(ended.key)).toEqual(['whole']);
      expect(await one.tokens(theirs.key)).toEqual([]);
      expect(await one.record(ended.id)).toMatchObject({ response: 'whole', seq: 1 });
    });

    it('keeps odd tokens as they are', async () => {
      const one = scene();
      const odd = ['👩‍👩‍👧', '\n', '\\', '"', "'", ' ', '\u2028', 'שלום', '%_', '{"a":1}', '\r\n\t'];
      const { key, conversationId } = await one.begun(one.opening(), odd);
      expect(await one.tokens(key)).toEqual(odd);
      expect((await one.conversation(conversationId)).messages.at(-1)?.content).toBe(odd.join(''));
    });
  });

  describe('sweep', () => {
    const scene = () => new Scene(store());
    /** Long before every other test, so that no other test's generation is swept. */
    const LONG_AGO = T0 - 1_000_000_000;

    it('removes old logs and keeps what their records say', async () => {
      const one = scene();
      const turn = await one.answered(one.opening({ at: LONG_AGO }), 'Still here');
      const newer = await one.answered(one.opening({ at: LONG_AGO + 60_000 }), 'Log and all');
      const before = await one.record(turn.id);

      await one.generations.sweep({ logsBefore: LONG_AGO + 2001, rowsBefore: 0 });
      await one.generations.sweep({ logsBefore: LONG_AGO + 2001, rowsBefore: 0 });

      expect(await one.generations.readLog(turn.key, 0)).toEqual([]);
      expect(await one.record(turn.id)).toEqual(before);
      expect(before).toMatchObject({ response: 'Still here', seq: 1 });
      expect(await one.transcript(turn.conversationId)).toContain(
        'assistant: Still here (complete)',
      );
      expect(await one.tokens(newer.key)).toEqual(['Log and all']);
    });

    it('removes old rows with their logs, ids and keys, never the history', async () => {
      const one = scene();
      const at = LONG_AGO - 500_000;
      const idempotency = { key: randomUUID(), fingerprint: 'f' };
      const turn = await one.answered(one.opening({ at }, { idempotency }), 'Old');

      await one.generations.sweep({ logsBefore: at + 2000, rowsBefore: at + 2000 });
      expect(await one.generations.find(one.ownerId, turn.id)).not.toBeNull();
      await one.generations.sweep({ logsBefore: at + 2001, rowsBefore: at + 2001 });

      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      expect(await one.generations.findByIdempotencyKey(one.ownerId, idempotency.key)).toBeNull();
      expect(await one.generations.readLog(turn.key, 0)).toEqual([]);
      expect(await one.transcript(turn.conversationId)).toContain('assistant: Old (complete)');
      await one.claimed(one.opening({ at }, { id: turn.id, idempotency }));
    });

    it('never touches a running one', async () => {
      const one = scene();
      const turn = await one.begun(one.opening({ at: LONG_AGO - 900_000 }), ['on']);
      await one.generations.sweep({ logsBefore: LONG_AGO, rowsBefore: LONG_AGO });
      expect(await one.record(turn.id)).toMatchObject({ status: 'running', response: 'on' });
    });
  });
}
