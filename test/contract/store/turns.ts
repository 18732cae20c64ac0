import { randomUUID } from 'node:crypto';
import type { StagedMessage } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, failed, Scene, T0 } from './scene.js';

export function describeTurns(store: () => Store): void {
  describe('commitTurn', () => {
    const scene = () => new Scene(store());

    it('opens the conversation with system, user and streaming message, in order', async () => {
      const one = scene();
      const turn = await one.claimed(one.opening({ system: 'Be brief', title: 'Greeting' }));
      expect(await one.conversations.find(one.ownerId, turn.conversationId)).toBeNull();
      expect(await one.listed()).toEqual([]);

      expect(await one.generations.commitTurn(turn.key, turn.workerId, T0 + 1000)).toBe(
        'committed',
      );

      const [systemMessage, userMessage] = turn.turn.messages;
      const placed = (id = '', parentId = '') => ({ parentId, siblings: [id] });
      const plain = {
        clientId: null,
        status: 'complete',
        model: null,
        finishReason: null,
        usage: null,
        parts: null,
        images: null,
        toolAnswer: null,
        generationId: null,
        seq: null,
      };
      expect(await one.conversation(turn.conversationId)).toEqual({
        id: turn.conversationId,
        chatId: null,
        title: 'Greeting',
        titleBy: 'message',
        createdAt: T0,
        updatedAt: T0 + 1000,
        messageCount: 3,
        messageTotal: 3,
        activeMessageId: turn.messageId,
        activeGenerationId: turn.id,
        revision: 1,
        model: null,
        tags: [],
        pinned: false,
        archived: false,
        forkedFrom: null,
        disposable: false,
        metadata: null,
        system: 'Be brief',
        parameters: null,
        branchLength: 3,
        messages: [
          { ...plain, ...systemMessage, ...placed(systemMessage?.id, turn.conversationId) },
          { ...plain, ...userMessage, ...placed(userMessage?.id, turn.conversationId) },
          {
            ...plain,
            ...placed(turn.messageId, userMessage?.id),
            id: turn.messageId,
            role: 'assistant',
            content: '',
            createdAt: T0 + 1000,
            status: 'streaming',
            model: 'llama2',
            generationId: turn.id,
            seq: 0,
          },
        ],
      });
      expect(await one.record(turn.id)).toMatchObject({ committed: true });
    });

    it('can be repeated, one after the other and at once', async () => {
      const one = scene();
      const { key, workerId, conversationId } = await one.claimed(one.opening({ system: 'Sir' }));
      const keep = (now: number) => one.generations.commitTurn(key, workerId, now);

      expect(await Promise.all([keep(T0 + 1000), keep(T0 + 1000), keep(T0 + 1000)])).toEqual([
        'committed',
        'committed',
        'committed',
      ]);
      expect(await keep(T0 + 9000)).toBe('committed');

      const conversation = await one.conversation(conversationId);
      expect(conversation).toMatchObject({ messageCount: 3, updatedAt: T0 + 1000 });
      expect(conversation.messages.map(({ role }) => role)).toEqual([
        'system',
        'user',
        'assistant',
      ]);
    });

    it('appends to an existing conversation and moves it up', async () => {
      const one = scene();
      const first = await one.answered(one.opening());
      const second = one.reply(first.conversationId, { text: 'Why?', at: T0 + 60_000 });
      await one.begun(second, ['Be', 'cause']);

      expect(await one.conversation(first.conversationId)).toMatchObject({
        messageCount: 4,
        createdAt: T0,
        updatedAt: T0 + 61_000,
        activeGenerationId: second.id,
      });
      expect(await one.transcript(first.conversationId)).toEqual([
        'user: Hello (complete)',
        'assistant: Hi there (complete)',
        'user: Why? (complete)',
        'assistant: Because (streaming)',
      ]);
    });

    it('keeps the order of messages made in the same millisecond', async () => {
      const one = scene();
      const { conversationId } = await one.answered(one.opening({ text: 'q0' }), 'a0');
      for (let n = 1; n <= 4; n++)
        await one.answered(one.reply(conversationId, { text: `q${n}` }), `a${n}`);

      const { messages } = await one.conversation(conversationId);
      expect(messages.map(({ content }) => content).join(' ')).toBe(
        'q0 a0 q1 a1 q2 a2 q3 a3 q4 a4',
      );
    });

    it('shows the messages of a turn until it is committed or has ended', async () => {
      const one = scene();
      const images = [{ id: 'a'.repeat(64), mediaType: 'image/png', bytes: 7 }];
      const toolAnswer = { callId: 'c1', isError: true };
      const plain = { createdAt: T0, clientId: null, parts: null, images: null, toolAnswer: null };
      const mixed: StagedMessage[] = [
        { ...plain, id: randomUUID(), role: 'tool', content: '{}', toolAnswer },
        { ...plain, id: randomUUID(), role: 'user', content: 'Ünd 🙂', images },
      ];
      const first = await one.claimed(one.opening({ system: 'Be brief' }));
      expect((await one.generations.stagedTurn(first.key))?.messages).toEqual(first.turn.messages);
      await one.generations.commitTurn(first.key, first.workerId, T0);
      expect(await one.generations.stagedTurn(first.key)).toBeNull();
      await one.finish(first, completed('Hi'));

      const { conversationId, messageId } = first;
      const second = await one.claimed(one.reply(conversationId, { messages: mixed }));
      expect((await one.generations.stagedTurn(second.key))?.messages).toEqual(mixed);
      await one.finish(second, failed('', false));
      expect(await one.generations.stagedTurn(second.key)).toBeNull();

      const again = await one.claimed(one.regeneration(conversationId, messageId));
      expect((await one.generations.stagedTurn(again.key))?.messages).toEqual([]);
      expect(await one.generations.stagedTurn(randomUUID())).toBeNull();
    });

    it('is refused to another worker and after the end', async () => {
      const one = scene();
      const running = await one.claimed(one.opening());
      expect(await one.generations.commitTurn(running.key, randomUUID(), T0)).toBe('lost');
      expect(await one.listed()).toEqual([]);

      const ended = await one.answered(one.opening());
      expect(await one.generations.commitTurn(ended.key, ended.workerId, T0)).toBe('lost');
      expect(await one.generations.commitTurn(randomUUID(), one.workerId, T0)).toBe('lost');
    });
  });

  describe('regenerate', () => {
    const scene = () => new Scene(store());

    async function answeredTwice(one: Scene) {
      const first = await one.answered(one.opening({ text: 'q0' }), 'a0');
      const { conversationId } = first;
      const second = await one.answered(one.reply(conversationId, { text: 'q1' }), 'old');
      return one.regeneration(conversationId, second.answerParentId, T0 + 10_000);
    }

    const before = ['user: q0 (complete)', 'assistant: a0 (complete)', 'user: q1 (complete)'];

    it('puts the new answer beside the old one once it has begun', async () => {
      const one = scene();
      const anew = await one.claimed(await answeredTwice(one));
      expect(await one.transcript(anew.conversationId)).toEqual([
        ...before,
        'assistant: old (complete)',
      ]);

      await one.generations.commitTurn(anew.key, anew.workerId, T0 + 11_000);
      await one.generations.commitTurn(anew.key, anew.workerId, T0 + 11_000);
      expect(await one.conversation(anew.conversationId)).toMatchObject({
        messageCount: 4,
        messageTotal: 5,
        activeMessageId: anew.messageId,
        updatedAt: T0 + 11_000,
      });
      expect(await one.transcript(anew.conversationId)).toEqual([
        ...before,
        'assistant:  (streaming)',
      ]);

      await one.finish(anew, failed('half', true, T0 + 12_000), batch(anew.key, 1, ['half']));
      expect(await one.transcript(anew.conversationId)).toEqual([
        ...before,
        'assistant: half (failed)',
      ]);
    });

    it('puts it there at the end, when the end is the first to commit the turn', async () => {
      const one = scene();
      const anew = await one.claimed(await answeredTwice(one));
      await one.finish(anew, completed('new', T0 + 12_000), batch(anew.key, 1, ['new']));

      expect(await one.conversation(anew.conversationId)).toMatchObject({
        messageCount: 4,
        messageTotal: 5,
      });
      expect(await one.transcript(anew.conversationId)).toEqual([
        ...before,
        'assistant: new (complete)',
      ]);
    });

    it.each([
      ['failed', failed('', false, T0 + 12_000)],
      ['cancelled', cancelled('', T0 + 12_000)],
      ['drained', failed('', true, T0 + 12_000)],
    ])('leaves the old answer when it %s before its first token', async (status, end) => {
      const one = scene();
      const anew = await one.claimed(await answeredTwice(one));
      const old = await one.conversation(anew.conversationId);
      expect(await one.finish(anew, end)).toBe('ended');

      expect(await one.conversation(anew.conversationId)).toEqual({
        ...old,
        activeGenerationId: null,
      });
      expect(await one.record(anew.id)).toMatchObject({
        status: status === 'drained' ? 'failed' : status,
        committed: false,
      });
    });
  });
}
