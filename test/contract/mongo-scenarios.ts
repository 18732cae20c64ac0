import type { NewGeneration } from '../../src/domain/generation.js';
import type { Store } from '../../src/store/store.js';
import type { TestMongo } from '../support/mongo.js';
import { changesOf } from './store/changes.js';
import { summedUp, usageItem } from '../../src/store/rules/usage.js';
import type { GenerationDocument } from '../../src/store/mongo/documents/generation-document.js';
import { usageOf } from './store/usage.js';
import { batch, completed, T0, type Scene } from './store/scene.js';
import { statelessOf } from './store/stateless.js';

/** Something that a worker was doing when it died. */
export interface Scenario {
  turn: NewGeneration;
  act: (store: Store) => Promise<unknown>;
  /** What may be in the history afterwards; empty: nothing. */
  outcomes: string[][];
}

export type Prepare = (one: Scene) => Promise<Scenario>;

/** When it ends, by whomever. */
export const END = T0 + 3000;

const keeping = (turn: NewGeneration) => (store: Store) =>
  store.generations.commitTurn(turn.key, turn.workerId, T0 + 1000, null);

export const finishing = (turn: NewGeneration) => (store: Store) =>
  store.generations.finish(
    turn.key,
    turn.workerId,
    { ...completed('ab', END), seq: 2 },
    batch(turn.key, 2, ['b']),
  );

const deleting = (turn: NewGeneration) => (store: Store) =>
  store.conversations.delete(turn.ownerId, turn.conversationId, null);

async function withToken(one: Scene, turn: NewGeneration): Promise<NewGeneration> {
  await one.claimed(turn);
  await one.generations.append(turn.workerId, [batch(turn.key, 1, ['a'])]);
  return turn;
}

async function afterFirst(one: Scene, what: 'reply' | 'regeneration'): Promise<NewGeneration> {
  const { conversationId, answerParentId } = await one.answered(one.opening(), 'old');
  return what === 'reply'
    ? one.reply(conversationId, { text: 'q' })
    : one.regeneration(conversationId, answerParentId);
}

const HELLO = 'user: Hello (complete)';
const OLD = [HELLO, 'assistant: old (complete)'];
const answers = (before: string[]) =>
  ['ab (complete)', 'ab (failed)', 'a (failed)'].map((end) => [...before, `assistant: ${end}`]);

/** What a worker does that takes more than one command. */
export const SCENARIOS: [string, Prepare][] = [
  [
    'keeping a turn that opens a conversation',
    async (one) => {
      const turn = await withToken(one, one.opening({ system: 'Sir' }));
      return { turn, act: keeping(turn), outcomes: answers(['system: Sir (complete)', HELLO]) };
    },
  ],
  [
    'keeping a further turn',
    async (one) => {
      const turn = await withToken(one, await afterFirst(one, 'reply'));
      return { turn, act: keeping(turn), outcomes: answers([...OLD, 'user: q (complete)']) };
    },
  ],
  [
    'keeping a regeneration',
    async (one) => {
      const turn = await withToken(one, await afterFirst(one, 'regeneration'));
      return { turn, act: keeping(turn), outcomes: answers([HELLO]) };
    },
  ],
  [
    'ending a turn that was kept',
    async (one) => {
      const turn = await one.begun(one.opening(), ['a']);
      return { turn, act: finishing(turn), outcomes: answers([HELLO]) };
    },
  ],
  [
    'ending a turn that was not',
    async (one) => {
      const turn = await withToken(one, await afterFirst(one, 'reply'));
      return { turn, act: finishing(turn), outcomes: answers([...OLD, 'user: q (complete)']) };
    },
  ],
  [
    'ending a regeneration that was not kept',
    async (one) => {
      const turn = await withToken(one, await afterFirst(one, 'regeneration'));
      return { turn, act: finishing(turn), outcomes: answers([HELLO]) };
    },
  ],
  [
    'reaping',
    async (one) => {
      const turn = await withToken(one, one.opening());
      const act = (store: Store) => one.on(store).reap(0, END);
      return { turn, act, outcomes: answers([HELLO]) };
    },
  ],
  [
    'deleting a conversation that is being answered',
    async (one) => {
      const turn = await one.begun(one.opening(), ['a']);
      return { turn, act: deleting(turn), outcomes: [...answers([HELLO]), []] };
    },
  ],
  [
    'deleting one that is about to be',
    async (one) => {
      const turn = await withToken(one, one.opening());
      return { turn, act: deleting(turn), outcomes: [...answers([HELLO]), []] };
    },
  ],
];

/** The same of a generation without a conversation. */
export const STATELESS_SCENARIOS: [string, Prepare][] = [
  [
    'counting one as begun',
    async (one) => {
      const turn = await withToken(one, statelessOf(one));
      return { turn, act: keeping(turn), outcomes: [] };
    },
  ],
  [
    'ending one that had begun',
    async (one) => {
      const turn = await one.begun(statelessOf(one), ['a']);
      return { turn, act: finishing(turn), outcomes: [] };
    },
  ],
  [
    'ending one that had not',
    async (one) => {
      const turn = await withToken(one, statelessOf(one));
      return { turn, act: finishing(turn), outcomes: [] };
    },
  ],
  [
    'reaping one',
    async (one) => {
      const turn = await withToken(one, statelessOf(one));
      return { turn, act: (store: Store) => one.on(store).reap(0, END), outcomes: [] };
    },
  ],
];

/** What a reader sees of a conversation, empty when it is not there; nothing lies where none looks. */
export async function soundTranscript(
  database: TestMongo,
  one: Scene,
  id: string,
): Promise<string[]> {
  const conversation = await one.conversations.find(one.ownerId, id);
  if (typeof conversation === 'string') throw new Error(conversation);
  const transcript = conversation ? await one.transcript(id) : [];
  expect(conversation?.messageCount ?? 0).toBe(transcript.length);
  const stored = await database.on((client) =>
    client
      .db()
      .collection('messages')
      .countDocuments({ conversation: `${one.ownerId}\u0000${id}` }),
  );
  expect(stored).toBe(conversation?.messageTotal ?? 0);
  return transcript;
}

/** Expects that what each ended answer of an owner spent is in the usage, once. */
export async function isCountedOnce(
  database: TestMongo,
  one: Scene,
  { key }: NewGeneration,
): Promise<void> {
  const ended = await database.on((client) =>
    client
      .db()
      .collection<GenerationDocument>('generations')
      .find({ ownerId: one.ownerId, runningOn: null })
      .toArray(),
  );
  const items = ended.flatMap(({ ownerId, model, end }) => {
    const spent = end?.spent;
    return end && spent ? usageItem({ ownerId, keyName: ownerId, model }, end, spent) : [];
  });
  expect(ended.map(({ _id }) => _id)).toContain(key);
  expect(items.length).toBeGreaterThan(0);
  expect(await usageOf(one)).toEqual(summedUp(items));
}

/**
 * Expects of the feed what became of a turn, once and in order. `start`: a cursor from before its
 * conversation.
 */
export async function hasInFeed(one: Scene, start: string, turn: NewGeneration): Promise<void> {
  const { ownerId, conversations, store } = one;
  const { entries } = await changesOf(store, ownerId, start);
  const events = entries.map(({ event }) => event);
  const ofTurn = events.flatMap((event) =>
    'generationId' in event && event.generationId === turn.id ? event.status : [],
  );
  const others = events.filter((event) => !('generationId' in event)).map(({ type }) => type);
  const conversation = await conversations.summary(ownerId, turn.conversationId);
  if (conversation) {
    expect(ofTurn).toEqual(['running', (await one.record(turn.id)).status]);
    expect(others).toEqual(['conversation.created']);
    expect(events[0]?.type).toBe('conversation.created');
    expect(entries.at(-1)?.revision).toBe(conversation.revision);
    return;
  }
  const whole = ['conversation.created', 'conversation.deleted'];
  expect(others).toEqual(entries.length > 0 ? whole : []);
  expect([undefined, 'conversation.deleted']).toContain(events.at(-1)?.type);
  expect(new Set(ofTurn).size).toBe(ofTurn.length);
}
