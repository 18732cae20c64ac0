import { randomUUID } from 'node:crypto';
import type { BranchMessage } from '../../../src/domain/conversation.js';
import type { StagedMessage } from '../../../src/domain/generation.js';
import { written } from '../../../src/domain/parts.js';
import type { MessageWindow } from '../../../src/store/conversation-store.js';
import type { Store } from '../../../src/store/store.js';
import { changesOf } from './changes.js';
import { answeredWithImages, bytesOf, image, isKept } from './images.js';
import { completed, newestFirst, said, Scene, T0, type StoreUnderTest } from './scene.js';
import { made, prompt } from './settings.js';
import { branched, turnOf } from './trees.js';

const ALL = { limit: 100_000, branch: 'all' } as const;

async function messagesOf(one: Scene, id: string, window: Partial<MessageWindow> = {}) {
  const found = await one.conversations.find(one.ownerId, id, { limit: 100_000, ...window });
  if (!found || typeof found === 'string') throw new Error(`No messages: ${found}`);
  return found.messages;
}

async function texts(one: Scene, id: string, window?: Partial<MessageWindow>): Promise<string> {
  return (await messagesOf(one, id, window)).map(({ content }) => content).join(' ');
}

/** Each message in the order made, with the text of its parent (the top is `^`) and those of its siblings. */
async function tree(one: Scene, id: string): Promise<string[]> {
  const all = await messagesOf(one, id, ALL);
  const text = (wanted: string) =>
    wanted === id ? '^' : (all.find((message) => message.id === wanted)?.content ?? '?');
  return all.map(
    ({ content, parentId, siblings }) =>
      `${text(parentId)} ${content}${siblings.length > 1 ? ` of ${siblings.map(text).join(' ')}` : ''}`,
  );
}

const takeOut = (one: Scene, id: string, messageIds: readonly string[]) =>
  one.conversations.takeOut(one.ownerId, id, messageIds);
const takenOut = (left: number) => ({ outcome: 'taken_out', left });

/** A conversation of one branch: questions q0, q1, … with answers a0, a1, …, and a system prompt where wished. */
async function linear(one: Scene, turns: number, system?: string) {
  const opening = one.opening({ text: 'q0', ...(system !== undefined && { system }) });
  const made = [turnOf(await one.answered(opening, 'a0'))];
  const id = opening.conversationId;
  for (let n = 1; n < turns; n += 1) {
    const reply = one.reply(id, { text: `q${n}`, at: T0 + n * 10_000 });
    made.push(turnOf(await one.answered(reply, `a${n}`)));
  }
  return { id, turns: made, ids: made.flatMap(({ question, answer }) => [question, answer]) };
}

/** A tree as it should be: what the store does to its rows, done to a list. */
class Expected {
  private readonly nodes: { id: string; parentId: string }[];

  constructor(
    private readonly top: string,
    messages: readonly BranchMessage[],
    public activeId: string | null,
  ) {
    this.nodes = messages.map(({ id, parentId }) => ({ id, parentId }));
  }

  get ids(): string[] {
    return this.nodes.map(({ id }) => id);
  }

  takeOut(gone: ReadonlySet<string>): void {
    const parents = new Map(this.nodes.map(({ id, parentId }) => [id, parentId]));
    const staying = (id: string): string =>
      gone.has(id) ? staying(parents.get(id) ?? this.top) : id;
    const left = this.nodes.filter(({ id }) => !gone.has(id));
    this.nodes.splice(0, this.nodes.length, ...left);
    for (const node of this.nodes) node.parentId = staying(node.parentId);
    const active = this.activeId === null ? this.top : staying(this.activeId);
    this.activeId = active === this.top ? null : active;
  }

  pathTo(end: string | null): string[] {
    const path: string[] = [];
    for (let at = end; at !== null && at !== this.top;) {
      path.unshift(at);
      at = this.nodes.find(({ id }) => id === at)?.parentId ?? null;
    }
    return path;
  }

  get placed(): { id: string; parentId: string; siblings: string[] }[] {
    return this.nodes.map(({ id, parentId }) => ({
      ...{ id, parentId },
      siblings: this.nodes.filter((other) => other.parentId === parentId).map((other) => other.id),
    }));
  }
}

/** Messages that are taken out, and those that are added without a turn. */
export function describeTakenOut(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('takeOut', () => {
    it('takes the last turn, and the nearest message that stays becomes the active end', async () => {
      const one = scene();
      const { id, q3, a3, b0 } = await branched(one);
      const before = await one.conversation(id);
      const start = await store().changes.end();
      expect(await takeOut(one, id, [q3, a3])).toEqual(takenOut(8));
      expect(await texts(one, id)).toBe('s q0 b0');
      expect(await one.conversation(id)).toMatchObject({
        ...{ messageCount: 3, messageTotal: 9, branchLength: 3, activeMessageId: b0 },
        ...{ revision: before.revision + 1, updatedAt: before.updatedAt, title: before.title },
      });
      const { entries } = await changesOf(store(), one.ownerId, start);
      expect(entries).toMatchObject([
        {
          ...{ conversationId: id, revision: before.revision + 1 },
          event: { type: 'conversation.changed', changed: ['messages'] },
        },
      ]);
      expect(await one.listed()).toEqual([id]);
    });

    it('takes one answer, an end of the active branch with others below it too', async () => {
      const one = scene();
      const { id, q0, q3, a3, b0, a1 } = await branched(one);
      expect(await takeOut(one, id, [a3])).toEqual(takenOut(9));
      expect(await texts(one, id)).toBe('s q0 b0 q3');
      expect(await one.conversation(id)).toMatchObject({ activeMessageId: q3 });
      expect(await takeOut(one, id, [b0, q3])).toEqual(takenOut(7));
      expect(await texts(one, id)).toBe('s q0');
      expect(await one.conversation(id)).toMatchObject({
        ...{ activeMessageId: q0, messageCount: 2, messageTotal: 8 },
      });
      await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1');
    });

    it('leaves what followed: that hangs on what went before', async () => {
      const one = scene();
      const { id, q0, a0, b0, q1, q2, q3, a1, a2, a3 } = await branched(one);
      expect(await takeOut(one, id, [q2])).toEqual(takenOut(9));
      expect(await tree(one, id)).toEqual([
        ...['^ s', '^ q0', 'q0 a0 of a0 b0', 'a0 q1 of q1 a2 b2', 'q1 a1'],
        ...['a0 a2 of q1 a2 b2', 'a0 b2 of q1 a2 b2', 'q0 b0 of a0 b0', 'b0 q3', 'q3 a3'],
      ]);
      expect(await texts(one, id)).toBe('s q0 b0 q3 a3');
      expect(await texts(one, id, { branch: { through: a2 } })).toBe('s q0 a0 a2');

      expect(await takeOut(one, id, [b0, a0])).toEqual(takenOut(7));
      expect(await tree(one, id)).toEqual([
        ...['^ s', '^ q0', 'q0 q1 of q1 a2 b2 q3', 'q1 a1', 'q0 a2 of q1 a2 b2 q3'],
        ...['q0 b2 of q1 a2 b2 q3', 'q0 q3 of q1 a2 b2 q3', 'q3 a3'],
      ]);
      expect(await one.conversation(id)).toMatchObject({
        ...{ messageCount: 4, messageTotal: 8, branchLength: 4, activeMessageId: a3 },
      });
      expect(await texts(one, id)).toBe('s q0 q3 a3');
      expect(await texts(one, id, { branch: { through: q1 } })).toBe('s q0 q1 a1');
      expect(await texts(one, id, { branch: { upTo: a2 } })).toBe('s q0 a2');
      expect(await texts(one, id, { before: a3 })).toBe('s q0 q3');
      expect(await texts(one, id, { before: q3, limit: 1 })).toBe('q0');
      expect(await texts(one, id, { limit: 2 })).toBe('q3 a3');
      expect(await texts(one, id, { before: a1, branch: 'all' })).toBe('s q0 q1');
      for (const gone of [a0, b0, q2])
        for (const window of [{ branch: { through: gone } }, { before: gone }])
          expect(await one.conversations.find(one.ownerId, id, { limit: 9, ...window })).toBe(
            'message_not_found',
          );
      expect(await one.conversations.located(one.ownerId, id, [a0, a1, q3, b0])).toEqual([
        { id: a1, clientId: null, parentId: q1, role: 'assistant', active: false },
        { id: q3, clientId: null, parentId: q0, role: 'user', active: true },
      ]);
    });

    it.each([undefined, 's'])('takes the first turn, system prompt: %j', async (system) => {
      const one = scene();
      const { id, turns, ids } = await linear(one, 3, system);
      const [first] = turns;
      const prefix = system === undefined ? '' : 's ';
      expect(await takeOut(one, id, ids.slice(0, 2))).toEqual(takenOut(4));
      expect(await texts(one, id)).toBe(`${prefix}q1 a1 q2 a2`);
      const found = await one.conversation(id);
      expect(found).toMatchObject({
        ...{ messageCount: system ? 5 : 4, messageTotal: system ? 5 : 4 },
        ...{ activeMessageId: ids[5], system: system ?? null },
      });
      expect(found.messages.map(({ parentId }) => parentId)).toEqual([
        ...(system === undefined ? [] : [id]),
        ...[id, ids[2], ids[3], ids[4]],
      ]);
      expect(await texts(one, id, { before: ids[2] ?? '' })).toBe(prefix.trim());
      expect(await texts(one, id, { branch: { upTo: ids[3] ?? '' } })).toBe(`${prefix}q1 a1`);
      expect(await one.branch(id)).not.toContain(first?.answer);
    });

    it('makes branches of what hung on the first turn', async () => {
      const one = scene();
      const { id, q0, a0 } = await branched(one);
      expect(await takeOut(one, id, [q0, a0])).toEqual(takenOut(8));
      expect(await tree(one, id)).toEqual([
        ...['^ s', '^ q1 of q1 q2 b0', 'q1 a1', '^ q2 of q1 q2 b0', 'q2 a2 of a2 b2'],
        ...['q2 b2 of a2 b2', '^ b0 of q1 q2 b0', 'b0 q3', 'q3 a3'],
      ]);
      expect(await texts(one, id)).toBe('s b0 q3 a3');
    });

    it('takes one of several siblings', async () => {
      const one = scene();
      const { id, q2, a2, b2 } = await branched(one);
      expect(await takeOut(one, id, [a2])).toEqual(takenOut(9));
      expect(await texts(one, id, { branch: { through: q2 } })).toBe('s q0 a0 q2 b2');
      const through = await messagesOf(one, id, { branch: { through: b2 } });
      expect(through.at(-1)).toMatchObject({ siblings: [b2], parentId: q2 });
      expect(await texts(one, id)).toBe('s q0 b0 q3 a3');
    });

    it('takes runs that follow each other, and whole branches', async () => {
      const one = scene();
      const { id, ids } = await linear(one, 5, 's');
      expect(await takeOut(one, id, ids.slice(2, 6))).toEqual(takenOut(6));
      expect(await tree(one, id)).toEqual([
        ...['^ s', '^ q0', 'q0 a0', 'a0 q3', 'q3 a3', 'a3 q4', 'q4 a4'],
      ]);
      expect(await takeOut(one, id, [ids[8] ?? '', ids[0] ?? '', ids[7] ?? ''])).toEqual(
        takenOut(3),
      );
      expect(await tree(one, id)).toEqual(['^ s', '^ a0', 'a0 q3', 'q3 a4']);
      for (let limit = 1; limit <= 5; limit += 1)
        expect(await texts(one, id, { limit })).toBe(
          ['s', 'a0', 'q3', 'a4'].slice(-limit).join(' '),
        );

      const other = await branched(one);
      const { a0, q1, a1, q2, a2, b2 } = other;
      expect(await takeOut(one, other.id, [a0, q1, a1, q2, a2, b2])).toEqual(takenOut(4));
      expect(await tree(one, other.id)).toEqual(['^ s', '^ q0', 'q0 b0', 'b0 q3', 'q3 a3']);
      expect(await one.conversation(other.id)).toMatchObject({ messageCount: 5, messageTotal: 5 });
    });

    it.each([undefined, 's'])('takes all that there is, system prompt: %j', async (system) => {
      const one = scene();
      const { id, ids } = await linear(one, 2, system);
      expect(await takeOut(one, id, ids)).toEqual(takenOut(0));
      const length = system === undefined ? 0 : 1;
      expect(await one.conversation(id)).toMatchObject({
        ...{ messageCount: length, messageTotal: length, branchLength: length },
        ...{ activeMessageId: null, system: system ?? null },
      });
      expect(await texts(one, id, ALL)).toBe(system ?? '');
      await one.answered(one.reply(id, { text: 'again', at: T0 + 60_000 }), 'yes');
      expect(await tree(one, id)).toEqual([
        ...(system === undefined ? [] : ['^ s']),
        ...['^ again', 'again yes'],
      ]);
    });

    it('leaves no active end where nothing above it stays, and other branches', async () => {
      const one = scene();
      const { id, turns } = await linear(one, 1, 's');
      const edited = one.reply(id, { text: 'r0', parentId: id, at: T0 + 10_000 });
      const { question, answer } = turnOf(await one.answered(edited, 'b0'));
      expect(await takeOut(one, id, [answer, question])).toEqual(takenOut(2));
      expect(await one.conversation(id)).toMatchObject({
        ...{ activeMessageId: null, messageCount: 1, messageTotal: 3, branchLength: 1 },
      });
      expect(await texts(one, id)).toBe('s');
      expect(await tree(one, id)).toEqual(['^ s', '^ q0', 'q0 a0']);
      await one.answered(one.reply(id, { text: 'q', at: T0 + 20_000 }), 'a');
      expect(await texts(one, id)).toBe('s q a');
      const [first] = turns;
      await one.conversations.update(
        one.ownerId,
        id,
        { activeMessageId: first?.answer ?? '' },
        null,
      );
      expect(await texts(one, id)).toBe('s q0 a0');
    });

    it('changes nothing for what is no message, and takes the others', async () => {
      const one = scene();
      const { id, system, a3, q1 } = await branched(one);
      const elsewhere = await one.answered(one.opening());
      const before = await one.conversation(id);
      const start = await store().changes.end();
      for (const names of [[], [randomUUID()], [system], [id], [elsewhere.messageId, system, 'x']])
        expect(await takeOut(one, id, names)).toEqual(takenOut(10));
      expect(await one.conversation(id)).toEqual(before);
      expect((await changesOf(store(), one.ownerId, start)).entries).toEqual([]);

      expect(await takeOut(one, id, [a3, system, 'x', q1, a3, q1])).toEqual(takenOut(8));
      expect(await takeOut(one, id, [a3, q1])).toEqual(takenOut(8));
      expect(await one.conversation(id)).toMatchObject({
        ...{ revision: before.revision + 1, system: 's', messageTotal: 9 },
      });
      expect(await one.transcript(elsewhere.conversationId)).toHaveLength(2);
    });

    it('is refused while a generation runs or waits, and for what the owner does not have', async () => {
      const [one, other] = [scene(), scene()];
      const { id, ids } = await linear(one, 1);
      const waiting = await one.claimed(one.reply(id));
      const busy = { outcome: 'busy', activeGenerationId: waiting.id };
      expect(await takeOut(one, id, ids)).toEqual(busy);
      await one.generations.commitTurn(waiting.key, waiting.workerId, T0 + 1000);
      expect(await takeOut(one, id, ids)).toEqual(busy);
      await one.finish(waiting, completed('Yes'));
      expect(await takeOut(one, randomUUID(), ids)).toEqual({ outcome: 'not_found' });
      expect(await takeOut(other, id, ids)).toEqual({ outcome: 'not_found' });
      expect(await one.transcript(id)).toHaveLength(4);
      expect(await takeOut(one, id, ids)).toEqual(takenOut(2));
    });

    it('erases the generations of the answers that go, and no other', async () => {
      const one = scene();
      const kept = { isKept: true, echo: '{}' };
      const first = await one.answered(one.opening({}, kept), 'secret');
      const { conversationId: id, messageId, answerParentId } = first;
      const second = await one.answered(one.reply(id, {}, kept), 'stays');
      expect(await takeOut(one, id, [messageId, second.answerParentId])).toEqual(takenOut(2));
      const erased = { response: '', parts: null, echo: null, conversationDeleted: true };
      expect(await one.record(first.id)).toMatchObject({ ...erased, status: 'completed' });
      expect(await one.tokens(first.key)).toEqual([]);
      expect(await one.record(second.id)).toMatchObject({
        ...{ response: 'stays', echo: '{}', conversationDeleted: false },
      });
      expect(await one.tokens(second.key)).toEqual(['stays']);
      await one.generations.sweep({ logsBefore: T0 + 99_000, rowsBefore: T0 + 99_000 });
      expect(await one.generations.find(one.ownerId, first.id)).toBeNull();
      expect(await one.record(second.id)).toMatchObject({ echo: '{}' });
      expect(await one.branch(id)).toEqual([answerParentId, second.messageId]);
    });

    it('takes the images of no other message along', async () => {
      const one = scene();
      const [shared, own, later] = [image(1000), image(2000), image(3000)];
      const first = await answeredWithImages(one, [shared, own]);
      const { conversationId: id } = first.turn;
      const second = await answeredWithImages(one, [shared, later], id);
      expect(await takeOut(one, id, [first.use.messageId, first.turn.messageId])).toEqual(
        takenOut(2),
      );
      expect(await bytesOf(one, id, own.id)).toBeNull();
      for (const picture of [shared, later]) expect(await isKept(one, id, picture)).toBe(true);
      expect(await one.store.images.usedBytes(one.ownerId)).toBe(4000);
      await one.store.images.sweep(Date.now() + 1);
      for (const picture of [shared, later]) expect(await isKept(one, id, picture)).toBe(true);
      const [question] = await messagesOf(one, id);
      expect(question?.images?.map((each) => each.id)).toEqual([shared.id, later.id]);
      expect(await takeOut(one, id, [second.use.messageId])).toEqual(takenOut(1));
      expect(await one.store.images.usedBytes(one.ownerId)).toBe(0);
    });

    it('leaves what the messages that stay say, in every part', async () => {
      const one = scene();
      const call = { toolCall: { id: 'call_1', name: 'look', arguments: { at: 'Köln' } } };
      const messages: StagedMessage[] = [
        { ...said('user', 'ü "x" \u2028'), clientId: 'mine' },
        { ...said('assistant', 'Let me'), parts: written(['Let me', call]).parts },
        { ...said('user', '{}'), role: 'tool', toolAnswer: { callId: 'call_1', isError: false } },
      ];
      const first = await one.answered(one.opening());
      const { conversationId: id } = first;
      await one.answered(one.reply(id, { messages }), 'Rain');
      const before = await messagesOf(one, id);
      expect(await takeOut(one, id, [first.messageId])).toEqual(takenOut(5));
      const [question] = before;
      expect(await messagesOf(one, id)).toEqual(
        before.flatMap((message, place) => {
          if (place === 1) return [];
          return place === 2 ? { ...message, parentId: question?.id } : message;
        }),
      );
      expect(await one.conversations.located(one.ownerId, id, ['mine'])).toMatchObject([
        { parentId: question?.id, active: true },
      ]);
    });

    it('leaves a conversation that goes on: next, anew, edited, chosen, copied, deleted', async () => {
      const one = scene();
      const { id, ids } = await linear(one, 4, 's');
      const [q0 = '', a0 = '', q1 = '', a1 = '', q2 = ''] = ids;
      expect(await takeOut(one, id, [a0, q1, ids[6] ?? ''])).toEqual(takenOut(5));
      expect(await texts(one, id)).toBe('s q0 a1 q2 a2 a3');
      await one.answered(one.reply(id, { text: 'next', at: T0 + 50_000 }), 'yes');
      expect(await texts(one, id)).toBe('s q0 a1 q2 a2 a3 next yes');
      await one.answered(one.regeneration(id, q2, T0 + 60_000), 'b2');
      expect(await texts(one, id)).toBe('s q0 a1 q2 b2');
      await one.answered(one.reply(id, { text: 'r2', parentId: a1, at: T0 + 70_000 }), 'c2');
      expect(await texts(one, id)).toBe('s q0 a1 r2 c2');
      expect(await tree(one, id)).toEqual([
        ...['^ s', '^ q0', 'q0 a1', 'a1 q2 of q2 r2', 'q2 a2 of a2 b2', 'a2 a3', 'a3 next'],
        ...['next yes', 'q2 b2 of a2 b2', 'a1 r2 of q2 r2', 'r2 c2'],
      ]);
      expect(await one.conversation(id)).toMatchObject({ messageCount: 5, messageTotal: 11 });
      await one.conversations.update(one.ownerId, id, { activeMessageId: ids[5] ?? '' }, null);
      expect(await texts(one, id)).toBe('s q0 a1 q2 a2 a3 next yes');
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      expect(await one.conversations.fork(one.ownerId, id, fork, null)).toEqual({
        outcome: 'forked',
      });
      expect(await texts(one, fork.id)).toBe('s q0 a1 q2 a2 a3 next yes');
      const [copied] = (await one.branch(fork.id)).slice(1);
      expect(await takeOut(one, fork.id, [copied ?? ''])).toEqual(takenOut(6));
      expect(await texts(one, fork.id)).toBe('s a1 q2 a2 a3 next yes');

      await one.conversations.update(one.ownerId, id, { system: null }, null);
      expect(await takeOut(one, id, [q0])).toEqual(takenOut(9));
      expect(await texts(one, id)).toBe('a1 q2 a2 a3 next yes');
      await one.conversations.update(one.ownerId, id, { system: prompt('t') }, null);
      expect(await texts(one, id)).toBe('t a1 q2 a2 a3 next yes');
      expect(await one.conversations.deleteMessage(one.ownerId, id, q2, null)).toEqual({
        ...{ outcome: 'deleted', count: 6 },
      });
      expect(await texts(one, id)).toBe('t a1 r2 c2');
    });

    it('leaves a tree whose parts are all found, whatever goes', async () => {
      const one = scene();
      const first = turnOf(await one.answered(one.opening({ text: 'q', system: 's' }), 'a'));
      const { conversationId: id } = first;
      const answers = [first.answer];
      for (let n = 1; n < 20; n += 1) {
        const parentId = answers[(n * 7) % answers.length] ?? '';
        const at = T0 + n * 10_000;
        answers.push((await one.answered(one.reply(id, { parentId, at }), `a${n}`)).messageId);
      }
      const { activeMessageId } = await one.conversation(id);
      const expected = new Expected(id, (await messagesOf(one, id, ALL)).slice(1), activeMessageId);
      for (const step of [3, 5, 2, 4]) {
        const gone = new Set(expected.ids.filter((_, place) => place % step === step - 2));
        expected.takeOut(gone);
        expect(await takeOut(one, id, [...gone])).toEqual(takenOut(expected.ids.length));

        const all = (await messagesOf(one, id, ALL)).slice(1);
        expect(
          all.map(({ id: own, parentId, siblings }) => ({ id: own, parentId, siblings })),
        ).toEqual(expected.placed);
        const path = expected.pathTo(expected.activeId);
        expect((await one.branch(id)).slice(1)).toEqual(path);
        expect(await one.conversation(id)).toMatchObject({
          ...{ activeMessageId: expected.activeId, messageCount: path.length + 1 },
          ...{ messageTotal: expected.ids.length + 1, branchLength: path.length + 1 },
        });
        for (const end of expected.ids) {
          const above = expected.pathTo(end);
          expect((await one.branch(id, { upTo: end })).slice(1)).toEqual(above);
          const before = await messagesOf(one, id, { before: end, limit: 2 });
          const system = above.length <= 2 ? ['s'] : [];
          const wanted = [...system, ...above.slice(0, -1)].slice(-2);
          expect(before.map((message) => (message.role === 'system' ? 's' : message.id))).toEqual(
            wanted,
          );
        }
      }
    });
  });

  describe('append', () => {
    const append = (one: Scene, id: string, messages: StagedMessage[], now = T0 + 90_000) =>
      one.conversations.append(one.ownerId, id, messages, now);

    it.each([null, prompt('s')])(
      'adds to an empty conversation, whose title stays',
      async (system) => {
        const one = scene();
        const wish = made({ system });
        await one.conversations.create(one.ownerId, wish);
        const start = await store().changes.end();
        const messages = [said('user', 'q', T0 + 7), said('assistant', 'a', T0 + 8)];
        expect(await append(one, wish.id, messages)).toEqual({ outcome: 'appended' });
        const length = system ? 3 : 2;
        expect(await one.conversation(wish.id)).toMatchObject({
          ...{ title: 'New conversation', titleBy: 'message', updatedAt: T0 + 90_000, revision: 2 },
          ...{ messageCount: length, messageTotal: length, activeMessageId: messages[1]?.id },
        });
        expect(await tree(one, wish.id)).toEqual([...(system ? ['^ s'] : []), '^ q', 'q a']);
        expect((await changesOf(store(), one.ownerId, start)).entries).toMatchObject([
          {
            ...{ conversationId: wish.id, revision: 2, time: T0 + 90_000 },
            event: { type: 'conversation.changed', changed: ['messages'] },
          },
        ]);
      },
    );

    it('adds messages of any role, as they were given, after the active end', async () => {
      const one = scene();
      const { id, a1 } = await branched(one);
      await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
      const call = { toolCall: { id: 'call_1', name: 'look', arguments: { at: 'Köln' } } };
      const messages: StagedMessage[] = [
        { ...said('user', 'What is there?'), clientId: 'mine' },
        { ...said('assistant', 'Let me'), parts: written(['Let me', call]).parts },
        { ...said('user', '{}'), role: 'tool', toolAnswer: { callId: 'call_1', isError: true } },
        said('assistant', ''),
      ];
      expect(await append(one, id, messages)).toEqual({ outcome: 'appended' });
      const found = await one.conversation(id);
      expect(found).toMatchObject({
        ...{ messageCount: 9, messageTotal: 15, activeMessageId: messages[3]?.id },
        ...{ title: 'A title', updatedAt: T0 + 90_000 },
      });
      expect(found.messages.slice(5)).toEqual(
        messages.map((message, place) => ({
          ...message,
          parentId: messages[place - 1]?.id ?? a1,
          siblings: [message.id],
          ...{ status: 'complete', model: null, finishReason: null, usage: null },
          ...{ generationId: null, seq: null },
        })),
      );
      expect(await one.conversations.located(one.ownerId, id, ['mine'])).toMatchObject([
        { id: messages[0]?.id, parentId: a1, active: true },
      ]);
      expect((await texts(one, id, ALL)).startsWith('s q0 a0 q1 a1 q2 a2 b2 b0 q3 a3 What')).toBe(
        true,
      );
    });

    it('is followed by turns, whose title it does not wait for, and can be taken out', async () => {
      const one = scene();
      const { id } = await linear(one, 1);
      const messages = [said('user', 'q1'), said('user', 'q2')];
      expect(await append(one, id, messages)).toEqual({ outcome: 'appended' });
      const turn = await one.answered(one.reply(id, { title: 'Later', at: T0 + 99_000 }), 'a3');
      expect(await one.conversation(id)).toMatchObject({ title: 'A title', messageCount: 6 });
      expect(await takeOut(one, id, [messages[0]?.id ?? '', turn.messageId])).toEqual(takenOut(4));
      expect(await tree(one, id)).toEqual(['^ q0', 'q0 a0', 'a0 q2', 'q2 And then?']);
      expect(await append(one, id, [said('assistant', 'b')])).toEqual({ outcome: 'appended' });
      expect(await texts(one, id)).toBe('q0 a0 q2 And then? b');
    });

    it('is refused while a generation runs or waits, and for what the owner does not have', async () => {
      const [one, other] = [scene(), scene()];
      const { id } = await linear(one, 1);
      const waiting = await one.claimed(one.reply(id));
      const busy = { outcome: 'busy', activeGenerationId: waiting.id };
      expect(await append(one, id, [said('user', 'x')])).toEqual(busy);
      await one.generations.commitTurn(waiting.key, waiting.workerId, T0 + 1000);
      expect(await append(one, id, [said('user', 'x')])).toEqual(busy);
      await one.finish(waiting, completed('Yes'));
      const before = await one.conversation(id);
      expect(await append(one, randomUUID(), [said('user', 'x')])).toEqual({
        outcome: 'not_found',
      });
      expect(await append(other, id, [said('user', 'x')])).toEqual({ outcome: 'not_found' });
      expect(await one.conversation(id)).toEqual(before);
    });

    it('keeps the images of its messages', async () => {
      const one = scene();
      const { id } = await linear(one, 1);
      const picture = image(1000);
      const { id: imageId, mediaType, bytes } = picture;
      const message = { ...said('user', ''), images: [{ id: imageId, mediaType, bytes }] };
      const use = { ownerId: one.ownerId, conversationId: id, messageId: message.id };
      expect(await one.store.images.put(use, picture, 2 ** 20)).toBe('stored');
      expect(await append(one, id, [message])).toEqual({ outcome: 'appended' });
      await one.store.images.sweep(Date.now() + 1);
      expect(await isKept(one, id, picture)).toBe(true);
      expect((await one.conversation(id)).messages.at(-1)?.images).toEqual(message.images);
      await takeOut(one, id, [message.id]);
      expect(await one.store.images.usedBytes(one.ownerId)).toBe(0);
    });
  });
}

/** One opened instance over the data of another. */
export function describeDurableTakenOut(makeStore: () => Promise<StoreUnderTest>): void {
  describe('a conversation from which was taken and to which was added, after a restart', () => {
    it('is as it was, and goes on', async () => {
      const subject = await makeStore();
      try {
        const before = new Scene(subject.store);
        const line = await linear(before, 4, 's');
        const [, a0 = '', q1 = '', , , , q3 = '', a3 = ''] = line.ids;
        expect(await takeOut(before, line.id, [a0, q1, q3, a3])).toEqual(takenOut(4));
        const added = [said('user', 'x'), said('assistant', 'y')];
        await before.conversations.append(before.ownerId, line.id, added, T0 + 90_000);
        const tall = await branched(before);
        expect(await takeOut(before, tall.id, [tall.q0, tall.a3])).toEqual(takenOut(8));
        const bare = await linear(before, 1);
        const edited = before.reply(bare.id, { text: 'r0', parentId: bare.id, at: T0 + 10_000 });
        const { question, answer } = turnOf(await before.answered(edited));
        expect(await takeOut(before, bare.id, [question, answer])).toEqual(takenOut(2));
        const ids = [line.id, tall.id, bare.id];
        const look = async (one: Scene) => ({
          trees: await Promise.all(ids.map((id) => tree(one, id))),
          conversations: await Promise.all(ids.map((id) => one.conversation(id))),
          list: await one.conversations.list(one.ownerId, newestFirst({})),
        });
        const seen = await look(before);
        await subject.store.close();

        const after = before.on(await subject.open());
        expect(await look(after)).toEqual(seen);
        await after.answered(after.reply(line.id, { text: 'n', at: T0 + 95_000 }), 'm');
        expect(await texts(after, line.id)).toBe('s q0 a1 q2 a2 x y n m');
        expect(await takeOut(after, line.id, [line.ids[3] ?? ''])).toEqual(takenOut(7));
        expect(await texts(after, line.id)).toBe('s q0 q2 a2 x y n m');
        await after.answered(after.reply(tall.id, { at: T0 + 96_000, text: 'n' }), 'm');
        expect(await texts(after, tall.id)).toBe('s b0 q3 n m');
      } finally {
        await subject.dispose();
      }
    });
  });
}
