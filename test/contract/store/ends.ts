import { randomUUID } from 'node:crypto';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, failed, MODEL_ERROR, Scene, T0 } from './scene.js';

export function describeEnds(store: () => Store): void {
  describe('finish', () => {
    const scene = () => new Scene(store());

    it('records a completed answer in the history and in the generation', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Good', ' day']);
      const end = { ...completed('Good day!'), finishReason: 'length' as const };
      expect(await one.finish(turn, end, batch(turn.key, 3, ['!']))).toBe('ended');

      const conversation = await one.conversation(turn.conversationId);
      expect(conversation).toMatchObject({ updatedAt: T0 + 2000, activeGenerationId: null });
      expect(conversation.messages.at(-1)).toEqual({
        id: turn.messageId,
        clientId: null,
        parentId: turn.answerParentId,
        siblings: [turn.messageId],
        role: 'assistant',
        content: 'Good day!',
        createdAt: T0 + 1000,
        status: 'complete',
        model: 'llama2',
        finishReason: 'length',
        usage: { promptTokens: 12, completionTokens: 3 },
        parts: null,
        images: null,
        toolAnswer: null,
        generationId: turn.id,
        seq: null,
      });
      expect(await one.record(turn.id)).toEqual({
        key: turn.key,
        id: turn.id,
        ownerId: one.ownerId,
        stateless: false,
        conversationId: turn.conversationId,
        messageId: turn.messageId,
        answerParentId: turn.answerParentId,
        model: 'llama2',
        status: 'completed',
        phase: 'generating',
        createdAt: T0,
        startedAt: T0 + 500,
        finishedAt: T0 + 2000,
        response: 'Good day!',
        parts: null,
        report: null,
        seq: 3,
        finishReason: 'length',
        usage: { promptTokens: 12, completionTokens: 3 },
        error: null,
        upstreamClosed: true,
        onDisconnect: 'cancel',
        workerId: turn.workerId,
        idempotency: null,
        echo: null,
        conversationDeleted: false,
        committed: true,
      });
      expect(await one.tokens(turn.key)).toEqual(['Good', ' day', '!']);
    });

    it.each([
      { promptTokens: null, completionTokens: 2_147_483_647 },
      { promptTokens: 0, completionTokens: null },
    ])('keeps what the model counted, and no more: %j', async (usage) => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Yes']);
      await one.finish(turn, { ...completed('Yes'), usage }, null);
      const { messages } = await one.conversation(turn.conversationId);
      expect(messages.at(-1)?.usage).toEqual(usage);
      expect((await one.record(turn.id)).usage).toEqual(usage);
    });

    it('keeps the turn itself when it was not yet messages', async () => {
      const one = scene();
      const turn = await one.claimed(one.opening({ system: 'Be brief', title: 'Quick' }));
      await one.finish(turn, completed('Yes'), batch(turn.key, 1, ['Yes']));

      expect(await one.conversation(turn.conversationId)).toMatchObject({
        title: 'Quick',
        createdAt: T0,
        updatedAt: T0 + 2000,
        messageCount: 3,
      });
      expect(await one.transcript(turn.conversationId)).toEqual([
        'system: Be brief (complete)',
        'user: Hello (complete)',
        'assistant: Yes (complete)',
      ]);
      expect(await one.record(turn.id)).toMatchObject({ committed: true });
    });

    it('keeps an empty answer that was cancelled before its first token', async () => {
      const one = scene();
      const turn = await one.claimed(one.opening());
      expect(await one.finish(turn, cancelled(''))).toBe('ended');

      expect(await one.transcript(turn.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant:  (cancelled)',
      ]);
      expect((await one.conversation(turn.conversationId)).messages[1]).toMatchObject({
        finishReason: 'cancelled',
        usage: null,
      });
      expect(await one.record(turn.id)).toMatchObject({
        status: 'cancelled',
        phase: 'prompt',
        committed: true,
        startedAt: null,
      });
    });

    it('keeps what there was of an answer that failed after its first token', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Half']);
      await one.finish(turn, failed('Half an', true), batch(turn.key, 2, [' an']));

      expect(await one.transcript(turn.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: Half an (failed)',
      ]);
      expect((await one.conversation(turn.conversationId)).messages[1]?.finishReason).toBeNull();
      expect(await one.record(turn.id)).toMatchObject({
        status: 'failed',
        error: MODEL_ERROR,
        response: 'Half an',
        usage: null,
      });
    });

    it('leaves nothing in the history of a failure before the first token', async () => {
      const one = scene();
      const fresh = await one.claimed(one.opening());
      expect(await one.finish(fresh, failed('', false))).toBe('ended');
      expect(await one.conversations.find(one.ownerId, fresh.conversationId)).toBeNull();
      expect(await one.listed()).toEqual([]);
      expect(await one.record(fresh.id)).toMatchObject({ committed: false, error: MODEL_ERROR });

      const { conversationId } = await one.answered(one.opening());
      const before = await one.conversation(conversationId);
      const reply = await one.claimed(one.reply(conversationId, { at: T0 + 5000 }));
      expect(await one.finish(reply, failed('', false, T0 + 6000))).toBe('ended');
      expect(await one.conversation(conversationId)).toEqual(before);
    });

    it('happens once', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const results = await Promise.all([
        one.finish(turn, completed('first')),
        one.finish(turn, completed('first')),
        one.finish(turn, completed('first')),
      ]);
      expect(results.sort()).toEqual(['ended', 'lost', 'lost']);

      expect(await one.finish(turn, failed('second', true, T0 + 9000))).toBe('lost');
      expect(await one.record(turn.id)).toMatchObject({ status: 'completed', response: 'first' });
      expect(await one.conversation(turn.conversationId)).toMatchObject({
        messageCount: 2,
        updatedAt: T0 + 2000,
      });
    });

    it('is refused to another worker', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const { generations } = one;
      expect(await generations.finish(turn.key, randomUUID(), completed('x'), null)).toBe('lost');
      expect(await generations.finish(randomUUID(), turn.workerId, completed('x'), null)).toBe(
        'lost',
      );
      expect(await one.record(turn.id)).toMatchObject({ status: 'running', finishedAt: null });
    });
  });

  describe('finish of the record alone', () => {
    const scene = () => new Scene(store());
    const end = failed('Half');

    it('frees all locks and leaves a turn that is not yet messages out of the history', async () => {
      const one = scene();
      const slots = [`${randomUUID()}:1`];
      const { conversationId } = await one.answered(one.opening());
      const before = await one.conversation(conversationId);
      const turn = await one.claimed(one.reply(conversationId, {}, { slots }));
      expect(await one.finish(turn, end, null, 'record')).toBe('ended');

      expect(await one.record(turn.id)).toMatchObject({
        status: 'failed',
        response: 'Half',
        error: MODEL_ERROR,
        committed: false,
      });
      expect(await one.conversation(conversationId)).toEqual(before);
      await one.answered(one.reply(conversationId, {}, { slots }), 'Next');
      expect((await one.transcript(conversationId)).at(-1)).toBe('assistant: Next (complete)');
    });

    it('makes a message that was being written read as the generation ended', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Ha', 'lf']);
      expect(await one.finish(turn, end, null, 'record')).toBe('ended');

      expect(await one.record(turn.id)).toMatchObject({ status: 'failed', committed: true });
      const { messages, activeGenerationId } = await one.conversation(turn.conversationId);
      expect(activeGenerationId).toBeNull();
      expect(messages.at(-1)).toMatchObject({
        content: 'Half',
        status: 'failed',
        finishReason: null,
        seq: null,
      });
      await one.answered(one.reply(turn.conversationId));
      expect(await one.conversation(turn.conversationId)).toMatchObject({ messageCount: 4 });
    });

    it('has the text of the log where it has none of its own', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Ha', 'lf']);
      await one.finish(turn, { ...end, response: '' }, null, 'record');
      expect(await one.transcript(turn.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: Half (failed)',
      ]);
    });

    it('leaves deleted what was deleted', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['Half']);
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(await one.finish(turn, end, null, 'record')).toBe('deleted');
      expect(await one.record(turn.id)).toMatchObject({ conversationDeleted: true });
      expect(await one.listed()).toEqual([]);
    });

    it('is final', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      await one.finish(turn, end, null, 'record');
      expect(await one.finish(turn, completed('Half'))).toBe('lost');
      expect(await one.finish(turn, end, null, 'record')).toBe('lost');
    });
  });

  describe('setPhase', () => {
    const scene = () => new Scene(store());

    it('starts the generation at the first phase past queued', async () => {
      const one = scene();
      const { key, id, workerId } = await one.claimed(one.opening());
      expect(await one.record(id)).toMatchObject({ status: 'queued', phase: 'queued' });

      await one.generations.setPhase(key, workerId, 'loading', T0 + 10);
      expect(await one.record(id)).toMatchObject({
        status: 'running',
        phase: 'loading',
        startedAt: T0 + 10,
      });
      await one.generations.setPhase(key, workerId, 'generating', T0 + 20);
      expect(await one.record(id)).toMatchObject({ phase: 'generating', startedAt: T0 + 10 });
    });

    it('is not needed by one that was claimed as begun', async () => {
      const one = scene();
      const { key, id, workerId } = await one.claimed(one.opening({}, { startedAt: T0 + 5 }));
      const begun = { status: 'running', startedAt: T0 + 5 };
      expect(await one.record(id)).toMatchObject({ ...begun, phase: 'prompt' });
      await one.generations.setPhase(key, workerId, 'generating', T0 + 20);
      expect(await one.record(id)).toMatchObject({ ...begun, phase: 'generating' });
    });

    it('changes nothing of another worker’s or an ended generation', async () => {
      const one = scene();
      const running = await one.claimed(one.opening());
      await one.generations.setPhase(running.key, randomUUID(), 'prompt', T0);
      expect(await one.record(running.id)).toMatchObject({ status: 'queued', startedAt: null });

      const ended = await one.answered(one.opening());
      const before = await one.record(ended.id);
      await one.generations.setPhase(ended.key, ended.workerId, 'prompt', T0 + 9000);
      expect(await one.record(ended.id)).toEqual(before);
    });
  });
}
