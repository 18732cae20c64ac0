import { randomUUID } from 'node:crypto';
import type { NewGeneration } from '../../../src/domain/generation.js';
import type { ConversationUpdate, MessageWindow } from '../../../src/store/conversation-store.js';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, said, Scene, T0 } from './scene.js';

/** A question and its answer, as ids. */
export interface Turn {
  conversationId: string;
  question: string;
  answer: string;
}

export function turnOf({ conversationId, messageId, answerParentId }: NewGeneration): Turn {
  return { conversationId, question: answerParentId, answer: messageId };
}

/**
 * A conversation with a system prompt `s` and these branches, made in this order:
 *
 *     q0 ─ a0 ─ q1 ─ a1
 *       │     └ q2 ─ a2        (q1 edited)
 *       │          └ b2        (a2 regenerated)
 *       └ b0 ─ q3 ─ a3         (a0 regenerated; the active branch)
 */
export async function branched(one: Scene) {
  const first = turnOf(await one.answered(one.opening({ system: 's', text: 'q0' }), 'a0'));
  const { conversationId: id } = first;
  const reply = async (text: string, parentId: string | undefined, answer: string, at: number) => {
    const wish = { text, at: T0 + at, ...(parentId !== undefined && { parentId }) };
    return turnOf(await one.answered(one.reply(id, wish), answer));
  };
  const anew = async (question: string, answer: string, at: number) =>
    turnOf(await one.answered(one.regeneration(id, question, T0 + at), answer));
  const second = await reply('q1', undefined, 'a1', 10_000);
  const edited = await reply('q2', first.answer, 'a2', 20_000);
  const again = await anew(edited.question, 'b2', 30_000);
  const other = await anew(first.question, 'b0', 40_000);
  const last = await reply('q3', undefined, 'a3', 50_000);
  const conversation = await one.conversation(id);
  const system = conversation.messages[0]?.id ?? '';
  return {
    id,
    system,
    q0: first.question,
    a0: first.answer,
    q1: second.question,
    a1: second.answer,
    q2: edited.question,
    a2: edited.answer,
    b2: again.answer,
    b0: other.answer,
    q3: last.question,
    a3: last.answer,
  };
}

export function describeTrees(store: () => Store): void {
  const scene = () => new Scene(store());

  const texts = async (one: Scene, id: string, window?: Partial<MessageWindow>) => {
    const found = await one.conversations.find(one.ownerId, id, { limit: 1000, ...window });
    if (!found || typeof found === 'string') return found;
    return found.messages.map(({ content }) => content).join(' ');
  };

  describe('a tree of messages', () => {
    it('is read as its active branch', async () => {
      const one = scene();
      const { id, a3 } = await branched(one);
      expect(await texts(one, id)).toBe('s q0 b0 q3 a3');
      expect(await one.conversation(id)).toMatchObject({
        messageCount: 5,
        messageTotal: 11,
        branchLength: 5,
        activeMessageId: a3,
        updatedAt: T0 + 52_000,
      });
    });

    it('gives each message its parent and its siblings', async () => {
      const one = scene();
      const ids = await branched(one);
      const { id, system, q0, a0, b0, q1, q2, a2, b2, q3, a3 } = ids;
      const placed = async (branch?: MessageWindow['branch']) => {
        const found = await one.conversations.find(one.ownerId, id, {
          limit: 100,
          ...(branch && { branch }),
        });
        if (!found || typeof found === 'string') throw new Error('Not found');
        return found.messages.map((message) => [message.id, message.parentId, message.siblings]);
      };
      expect(await placed()).toEqual([
        [system, id, [system]],
        [q0, id, [q0]],
        [b0, q0, [a0, b0]],
        [q3, b0, [q3]],
        [a3, q3, [a3]],
      ]);
      expect(await placed({ through: b2 })).toEqual([
        [system, id, [system]],
        [q0, id, [q0]],
        [a0, q0, [a0, b0]],
        [q2, a0, [q1, q2]],
        [b2, q2, [a2, b2]],
      ]);
    });

    it('is read through a message, up to one, and above one', async () => {
      const one = scene();
      const { id, system, q0, a0, q1, a1, q2, a2, b2, q3, a3 } = await branched(one);
      const through = (message: string) => texts(one, id, { branch: { through: message } });
      const upTo = (message: string) => texts(one, id, { branch: { upTo: message } });
      const before = (message: string) => texts(one, id, { before: message });

      expect(await through(q1)).toBe('s q0 a0 q1 a1');
      expect(await through(a2)).toBe('s q0 a0 q2 a2');
      expect(await through(q2)).toBe('s q0 a0 q2 b2');
      expect(await through(a0)).toBe('s q0 a0 q2 b2');
      expect(await through(q0)).toBe('s q0 b0 q3 a3');
      expect(await upTo(q2)).toBe('s q0 a0 q2');
      expect(await upTo(a1)).toBe('s q0 a0 q1 a1');
      expect(await upTo(a3)).toBe('s q0 b0 q3 a3');
      expect(await upTo(q0)).toBe('s q0');
      expect(await upTo(id)).toBe('s');
      expect(await upTo(system)).toBe('s');
      expect(await before(b2)).toBe('s q0 a0 q2');
      expect(await before(q3)).toBe('s q0 b0');
      expect(await before(q0)).toBe('s');
      expect(await before(system)).toBe('');
      for (const unknown of [randomUUID(), 'x'])
        for (const window of [
          { branch: { through: unknown } },
          { branch: { upTo: unknown } },
          { before: unknown },
        ])
          expect(await texts(one, id, window)).toBe('message_not_found');
    });

    it('is read in windows along its branches, whole or page by page', async () => {
      const one = scene();
      const { id, b2, a1 } = await branched(one);
      const whole = ['s', 'q0', 'a0', 'q2', 'b2'];
      for (let limit = 1; limit <= 6; limit += 1)
        expect(await texts(one, id, { branch: { through: b2 }, limit })).toBe(
          whole.slice(-limit).join(' '),
        );
      expect(await texts(one, id, { before: a1, limit: 2 })).toBe('a0 q1');
      expect(await texts(one, id, { before: a1, branch: { through: b2 }, limit: 2 })).toBe('a0 q1');
      const reading = await one.conversations.read(one.ownerId, id, { branch: { upTo: a1 } });
      if (!reading || typeof reading === 'string') throw new Error('Not found');
      const pages = [];
      for await (const page of reading.pages) pages.push(...page);
      expect(pages.map(({ content }) => content).join(' ')).toBe('s q0 a0 q1 a1');
      expect(reading).toMatchObject({ messageCount: 5, branchLength: 5 });
    });

    it('is read entire, in the order made', async () => {
      const one = scene();
      const { id, q3, q2 } = await branched(one);
      expect(await texts(one, id, { branch: 'all' })).toBe('s q0 a0 q1 a1 q2 a2 b2 b0 q3 a3');
      expect(await texts(one, id, { branch: 'all', limit: 3 })).toBe('b0 q3 a3');
      expect(await texts(one, id, { branch: 'all', limit: 3, before: q3 })).toBe('a2 b2 b0');
      const found = await one.conversations.find(one.ownerId, id, {
        limit: 3,
        branch: 'all',
        before: q2,
      });
      expect(found).toMatchObject({
        branchLength: 11,
        messages: [{ content: 'a0' }, { content: 'q1' }, { content: 'a1' }],
      });
    });

    it('knows how long a branch is up to its end', async () => {
      const one = scene();
      const { id, q0, a2 } = await branched(one);
      const length = async (branch: NonNullable<MessageWindow['branch']>) => {
        const found = await one.conversations.find(one.ownerId, id, { limit: 1, branch });
        return found && typeof found !== 'string' && found.branchLength;
      };
      expect(await length({ upTo: a2 })).toBe(5);
      expect(await length({ upTo: q0 })).toBe(2);
      expect(await length({ upTo: id })).toBe(1);
      expect(await length({ through: q0 })).toBe(5);
      expect(await length('all')).toBe(11);
    });

    it('goes on from anywhere, and the answer becomes the active end', async () => {
      const one = scene();
      const { id, a1 } = await branched(one);
      const turn = await one.begun(one.reply(id, { text: 'q4', parentId: a1 }), ['So']);
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1 q4 So');
      expect(await one.conversation(id)).toMatchObject({
        messageCount: 7,
        messageTotal: 13,
        activeMessageId: turn.messageId,
      });
      await one.finish(turn, completed('So it is', T0 + 90_000));
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1 q4 So it is');
      expect(await one.record(turn.id)).toMatchObject({ answerParentId: turn.answerParentId });
    });

    it('has another first message where its first was edited', async () => {
      const one = scene();
      const { id, q0 } = await branched(one);
      const edited = turnOf(await one.answered(one.reply(id, { text: 'r0', parentId: id }), 'c0'));
      const { messages, ...head } = await one.conversation(id);
      expect(messages.map(({ content }) => content)).toEqual(['s', 'r0', 'c0']);
      expect(head).toMatchObject({ messageCount: 3, messageTotal: 13 });
      expect(messages[1]).toMatchObject({ parentId: id, siblings: [q0, edited.question] });
      const old = await one.branch(id, { through: q0 });
      expect(old).toHaveLength(5);
    });

    it('takes a turn of several messages as one chain, and its results as parents', async () => {
      const one = scene();
      const { id, a2 } = await branched(one);
      const messages = [
        {
          ...said('user', 'r1'),
          role: 'tool' as const,
          toolAnswer: { callId: 'c', isError: false },
        },
        said('user', 'q4'),
      ];
      const turn = await one.answered(one.reply(id, { messages, parentId: a2 }), 'a4');
      const found = await one.conversation(id);
      expect(found.messages.slice(-3)).toMatchObject([
        { content: 'r1', parentId: a2 },
        { content: 'q4', parentId: messages[0]?.id },
        { content: 'a4', parentId: messages[1]?.id },
      ]);
      expect(turn.answerParentId).toBe(messages[1]?.id);
    });

    it('goes on where its worker read the end, although another branch was chosen since', async () => {
      const one = scene();
      const { id, a3, a1 } = await branched(one);
      const turn = await one.claimed(one.reply(id, { text: 'q4', at: T0 + 60_000 }));
      await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1');
      await one.generations.commitTurn(turn.key, turn.workerId, T0 + 61_000, a3);
      expect(await texts(one, id)).toBe('s q0 b0 q3 a3 q4 ');

      await one.finish(turn, completed('a4', T0 + 62_000));
      const last = await one.claimed(one.reply(id, { text: 'q5', at: T0 + 70_000 }));
      const end = { ...completed('a5', T0 + 72_000), parentId: a1 };
      await one.finish(last, end, batch(last.key, 1, ['a5']));
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1 q5 a5');
    });

    it('leaves the chosen branch alone while an answer on another one ends', async () => {
      const one = scene();
      const { id, a1 } = await branched(one);
      const turn = await one.begun(one.reply(id, { text: 'q4' }), ['So']);
      await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
      await one.finish(turn, completed('So it is', T0 + 90_000));
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1');
      expect(await texts(one, id, { branch: { through: turn.messageId } })).toBe(
        's q0 b0 q3 a3 q4 So it is',
      );
    });

    it('commits what a dead worker staged at its place', async () => {
      const one = scene();
      const { id, a2 } = await branched(one);
      const dead = one.on(one.store);
      const turn = await one.claimed(
        one.reply(id, { text: 'q4', parentId: a2 }, { workerId: randomUUID() }),
      );
      expect(await dead.reap(0, T0 + 99_000, turn.workerId)).toEqual([turn.key]);
      expect(await one.transcript(id)).toMatchObject(
        ['s', 'q0', 'a0', 'q2', 'a2', 'q4', ''].map(
          (text) => expect.stringContaining(`: ${text} (`) as unknown,
        ),
      );
    });

    it('shows what is being written, on whatever branch', async () => {
      const one = scene();
      const { id, q2, a2, b2, a1 } = await branched(one);
      const turn = await one.begun(one.regeneration(id, q2, T0 + 60_000), ['c', '2']);
      const found = await one.conversation(id);
      expect(found.messages.at(-1)).toMatchObject({
        content: 'c2',
        status: 'streaming',
        seq: 2,
        siblings: [a2, b2, turn.messageId],
      });
      await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
      expect(await texts(one, id, { branch: 'all' })).toBe('s q0 a0 q1 a1 q2 a2 b2 b0 q3 a3 c2');
      await one.finish(turn, cancelled('c2', T0 + 62_000));
    });

    it('chooses the branch through a message, on to the newest below it', async () => {
      const one = scene();
      const { id, q0, a0, a2, b2, q3, a3, system } = await branched(one);
      const choose = async (activeMessageId: string) => {
        const { outcome } = await one.conversations.update(
          one.ownerId,
          id,
          { activeMessageId },
          null,
        );
        return [outcome, await texts(one, id)];
      };
      const before = await one.conversation(id);
      expect(await choose(a0)).toEqual(['updated', 's q0 a0 q2 b2']);
      expect(await one.conversation(id)).toMatchObject({
        activeMessageId: b2,
        messageCount: 5,
        updatedAt: before.updatedAt,
        revision: before.revision + 1,
      });
      expect(await choose(a2)).toEqual(['updated', 's q0 a0 q2 a2']);
      expect(await choose(q0)).toEqual(['updated', 's q0 b0 q3 a3']);
      expect(await choose(q3)).toEqual(['updated', 's q0 b0 q3 a3']);
      expect(await one.conversation(id)).toMatchObject({ activeMessageId: a3 });
      const update = (activeMessageId: string): ConversationUpdate => ({
        activeMessageId,
        title: { text: 'Not kept', by: 'user' },
      });
      const elsewhere = await one.answered(one.opening());
      const unchanged = await one.conversation(id);
      for (const unknown of [randomUUID(), elsewhere.messageId, system])
        expect(await one.conversations.update(one.ownerId, id, update(unknown), null)).toEqual({
          outcome: 'message_not_found',
        });
      expect(await one.conversation(id)).toEqual(unchanged);
    });

    it('stays a list where nobody branches', async () => {
      const one = scene();
      const first = await one.answered(one.opening({ text: 'q0' }), 'a0');
      const { conversationId: id } = first;
      await one.answered(one.reply(id, { text: 'q1', parentId: first.messageId }), 'a1');
      const found = await one.conversation(id);
      expect(found).toMatchObject({ messageCount: 4, messageTotal: 4 });
      const ids = found.messages.map((message) => message.id);
      expect(found.messages.map(({ parentId }) => parentId)).toEqual([id, ...ids.slice(0, 3)]);
      expect(found.messages.map(({ siblings }) => siblings)).toEqual(ids.map((each) => [each]));
    });

    it('costs nothing that is lost with many branches', async () => {
      const one = scene();
      const first = turnOf(await one.answered(one.opening({ text: 'q' }), 'a'));
      const answers = [first.answer];
      for (let n = 1; n < 40; n += 1) {
        const parentId = answers[(n * 7) % answers.length] ?? '';
        const reply = await one.claimed(
          one.reply(first.conversationId, { text: `q${n}`, parentId }),
        );
        await one.finish(reply, completed(`a${n}`));
        answers.push(reply.messageId);
      }
      const all = await one.conversations.find(one.ownerId, first.conversationId, {
        limit: 1000,
        branch: 'all',
      });
      if (!all || typeof all === 'string') throw new Error('Not found');
      expect(all.messages).toHaveLength(80);
      const byId = new Map(all.messages.map((message) => [message.id, message]));
      for (const answer of answers) {
        const path: string[] = [];
        for (let at = byId.get(answer); at; at = byId.get(at.parentId)) path.unshift(at.id);
        expect(await one.branch(first.conversationId, { upTo: answer })).toEqual(path);
      }
      for (const { parentId, siblings } of all.messages)
        expect(siblings).toEqual(
          all.messages.filter((other) => other.parentId === parentId).map(({ id }) => id),
        );
    });
  });
}
