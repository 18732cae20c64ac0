import { ConversationHistory } from '../../../src/chat/prompt/conversation-history.js';
import { written, type Piece } from '../../../src/domain/parts.js';
import type { AnswerReport } from '../../../src/domain/report.js';
import type { Store } from '../../../src/store/store.js';
import type { StagedMessage } from '../../../src/domain/generation.js';
import { batch, completed, said, Scene, T0 } from './scene.js';

/** Names and values that JSON, BSON and a SQL text each have their own trouble with. */
const CALL = {
  toolCall: {
    id: 'call_1',
    name: 'look',
    arguments: { $where: 'up', 'a.b': [null, { é: '\u0000 🙂 "' }], constructor: 1 },
  },
};
/** The model's arguments are no JSON object. */
const ODD_CALL = {
  toolCall: { id: 'call_2', name: 'look', arguments: null, argumentsText: '{"$where": "\u0000 🙂' },
};
const PIECES: Piece[] = [
  { thinking: 'Hm' },
  { thinking: ', so' },
  'The',
  ' sky',
  CALL,
  ODD_CALL,
  '.',
];
const ANSWER = written(PIECES, 1500);
const REPORT: AnswerReport = {
  context: { window: 8192, messagesUsed: 3, messagesLeftOut: 2 },
  formatValid: null,
  warnings: ['thinking_used_all_tokens'],
};

export function describeParts(store: () => Store): void {
  describe('parts of an answer', () => {
    const scene = () => new Scene(store());
    const last = async (one: Scene, id: string) => (await one.conversation(id)).messages.at(-1);

    it('are in the log as they came, whatever they are', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const { generations, coordination, workerId } = one;
      await generations.append(workerId, [batch(turn.key, 1, PIECES.slice(0, 3))]);
      await generations.append(workerId, [batch(turn.key, 2, PIECES.slice(1))]);
      expect(await one.tokens(turn.key)).toEqual(PIECES);
      expect(await one.tokens(turn.key, 4)).toEqual(PIECES.slice(4));
      const [update] = await coordination.follow([{ key: turn.key, after: 1 }]);
      expect(update?.tokens).toEqual(PIECES.slice(1));
    });

    it('are read of an answer that is being written', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      await one.generations.append(one.workerId, [batch(turn.key, 1, PIECES)]);
      const soFar = written(PIECES);
      expect(await one.record(turn.id)).toMatchObject({ ...soFar, seq: PIECES.length });
      expect(await last(one, turn.conversationId)).toMatchObject({
        content: soFar.response,
        parts: soFar.parts,
        seq: PIECES.length,
      });
    });

    it.each([true, false])('are stored with the end, committed before: %s', async (begun) => {
      const one = scene();
      const turn = begun ? await one.begun(one.opening()) : await one.claimed(one.opening());
      const end = { ...completed(''), ...ANSWER, report: REPORT };
      await one.finish(turn, end, batch(turn.key, 1, PIECES));
      expect(await one.record(turn.id)).toMatchObject({ ...ANSWER, report: REPORT });
      expect(await last(one, turn.conversationId)).toMatchObject({
        content: 'The sky.',
        parts: ANSWER.parts,
      });
      const [update] = await one.coordination.follow([{ key: turn.key, after: 6 }]);
      expect(update?.ended).toMatchObject({ ...ANSWER, report: REPORT });
    });

    it('of a dead worker are those that its log has', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      await one.coordination.heartbeat(one.workerId);
      await one.generations.append(one.workerId, [batch(turn.key, 1, PIECES)]);
      expect(await one.reap(1, T0 + 9000)).toEqual([turn.key]);
      const soFar = written(PIECES);
      expect(await one.record(turn.id)).toMatchObject({ ...soFar, status: 'failed' });
      expect(await last(one, turn.conversationId)).toMatchObject({
        content: soFar.response,
        parts: soFar.parts,
        status: 'failed',
      });
    });

    it('alone replace an old answer', async () => {
      const one = scene();
      const first = await one.answered(one.opening(), 'The old answer');
      const again = one.regeneration(first.conversationId, first.answerParentId);
      await one.claimed(again);
      const pieces = PIECES.slice(0, 2);
      const end = { ...completed(''), ...written(pieces, 20) };
      expect(await one.finish(again, end, batch(again.key, 1, pieces))).toBe('ended');
      const { messages } = await one.conversation(first.conversationId);
      expect(messages.map(({ role, content }) => [role, content])).toEqual([
        ['user', 'Hello'],
        ['assistant', ''],
      ]);
      expect(messages[1]?.parts).toEqual({ list: [{ thinking: 'Hm, so' }], thinkingMs: 20 });
    });

    it('are deleted with the conversation', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const end = { ...completed(''), ...written(PIECES.slice(0, 2)) };
      await one.finish(turn, end, batch(turn.key, 1, PIECES.slice(0, 2)));
      expect(await one.generations.deletedAmong([turn.key])).toEqual([]);
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(await one.record(turn.id)).toMatchObject({ response: '', parts: null });
      expect(await one.generations.deletedAmong([turn.key])).toEqual([turn.key]);
      expect(await one.tokens(turn.key)).toEqual([]);
    });

    it.each([true, false])(
      'results of tools and images are messages of their turn, in order, committed before: %s',
      async (begun) => {
        const one = scene();
        const { conversationId } = await one.answered(one.opening());
        const given = staged();
        const reply = one.reply(conversationId, { messages: given });
        const turn = begun ? await one.begun(reply) : await one.claimed(reply);
        await one.finish(turn, completed('So it is'));
        const { messages, messageCount } = await one.conversation(conversationId);
        expect(messages.slice(2)).toMatchObject([...given, { content: 'So it is' }]);
        expect(messageCount).toBe(messages.length);
        const next = await one.answered(one.reply(conversationId, { text: 'Next' }));
        expect((await one.conversation(conversationId)).messages.slice(-2)).toMatchObject([
          { content: 'Next' },
          { id: next.messageId },
        ]);
      },
    );

    it('are in the chat history that LangChain reads, calls with their results', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      const pieces: Piece[] = [{ thinking: 'Hm' }, 'Let me see', CALL];
      const end = { ...completed(''), ...written(pieces) };
      await one.finish(turn, end, batch(turn.key, 1, pieces));
      const toolAnswer = answerTo('call_1', true);
      const result: StagedMessage = { ...said('user', '7°'), role: 'tool', toolAnswer };
      const reply = one.reply(turn.conversationId, { messages: [result] });
      await one.claimed(reply);
      await one.finish(reply, completed('So it is'));
      const { conversations, ownerId } = one;
      const history = new ConversationHistory(conversations, ownerId, turn.conversationId);
      const { name, arguments: args } = CALL.toolCall;
      expect(await history.getMessages()).toMatchObject([
        { type: 'human', content: 'Hello' },
        { type: 'ai', content: 'Let me see', tool_calls: [{ id: 'call_1', name, args }] },
        { type: 'tool', content: '7°', tool_call_id: 'call_1', name, status: 'error' },
        { type: 'ai', content: 'So it is' },
      ]);
    });

    it('what a turn brings is stored with the end of a dead worker', async () => {
      const one = scene();
      const { conversationId } = await one.answered(one.opening());
      const given = staged();
      await one.claimed(one.reply(conversationId, { messages: given }));
      await one.reap(0, T0 + 5000);
      expect((await one.conversation(conversationId)).messages.slice(2)).toMatchObject([
        ...given,
        { role: 'assistant', status: 'failed' },
      ]);
    });
  });
}

const IMAGE = { id: 'a'.repeat(64), mediaType: 'image/png', bytes: 2 ** 21 };
/** Messages that are new each time: two results and a question with an image twice. */
const staged = (): StagedMessage[] => [
  {
    ...said('user', '{"temp": "7°", "x": null}'),
    role: 'tool',
    toolAnswer: answerTo('call_1', false),
  },
  { ...said('user', ''), role: 'tool', toolAnswer: answerTo('call_2', true) },
  { ...said('user', 'And this?'), images: [IMAGE, IMAGE] },
];

function answerTo(callId: string, isError: boolean) {
  return { callId, isError };
}
