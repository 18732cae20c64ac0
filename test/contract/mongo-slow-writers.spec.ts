import { textOf } from '../../src/domain/parts.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, type TestMongo } from '../support/mongo.js';
import type { MongoWire } from '../support/mongo-wire.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import {
  END,
  finishing,
  hasInFeed,
  isCountedOnce,
  SCENARIOS,
  soundTranscript,
  type Scenario,
} from './mongo-scenarios.js';
import { batch, Scene, T0 } from './store/scene.js';

/** More commands than any one call sends. */
const ENOUGH = 40;

/** When others answer something else. */
const LATER = T0 + 60_000;

interface Meanwhile {
  act: (one: Scene, scenario: Scenario) => Promise<unknown>;
  /** What the others then add to the history. */
  added?: string[];
  deletes?: true;
}

const reap = (one: Scene) => one.reap(0, END);

const MEANWHILE: [string, Meanwhile][] = [
  ['reap it', { act: reap }],
  [
    'reap it and answer something else',
    {
      act: async (one, { turn }) => {
        await reap(one);
        const later = new Scene(one.store, { ownerId: one.ownerId });
        const conversation = await one.conversations.find(one.ownerId, turn.conversationId);
        if (!conversation) return;
        await later.answered(later.reply(turn.conversationId, { text: 'r', at: LATER }));
      },
      added: ['user: r (complete)', 'assistant: Hi there (complete)'],
    },
  ],
  [
    'delete the conversation',
    {
      act: (one, { turn }) => one.conversations.delete(one.ownerId, turn.conversationId, null),
      deletes: true,
    },
  ],
  ['end it from the same process', { act: (one, { turn }) => finishing(turn)(one.store) }],
];

describeMongo('MongoDB, when a process stands still at any of its commands', () => {
  let behind: MongoBehindWire;
  let database: TestMongo;
  let store: MongoStore;
  let slow: MongoStore;
  let wire: MongoWire;
  let start: string;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    ({ database, store, wire, start } = behind);
    slow = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await slow.open();
  });
  afterEach(async () => {
    wire.goOn();
    await slow.close();
    await behind.close();
  });

  /** Whether it had to stand still before it was through. */
  async function standsStill(
    { act }: Scenario,
    after: number,
    meanwhile: () => Promise<unknown>,
  ): Promise<boolean> {
    const stuck = wire.failAfter(after, 'late');
    const through = act(slow);
    await Promise.race([stuck, through]);
    const stood = wire.hasFailed;
    await meanwhile();
    wire.goOn();
    await through;
    return stood;
  }

  async function isSound(
    one: Scene,
    { turn, outcomes }: Scenario,
    { added = [], deletes }: Meanwhile,
  ): Promise<void> {
    const transcript = await soundTranscript(database, one, turn.conversationId);
    // Whoever deletes it, and however late, it is gone.
    if (deletes || outcomes.some((known) => known.length === 0)) expect(transcript).toEqual([]);
    else expect(outcomes.map((known) => [...known, ...added])).toContainEqual(transcript);
    if (added.length > 0 && transcript.length > 0)
      expect(await one.conversation(turn.conversationId)).toMatchObject({
        updatedAt: LATER + 2000,
      });
    const record = await one.record(turn.id);
    expect(record).toMatchObject({
      finishedAt: END,
      conversationDeleted: transcript.length === 0,
    });
    if (transcript.length > 0) {
      expect(transcript.join()).toContain(`: ${record.response} (`);
      expect(textOf(await one.tokens(turn.key))).toBe(record.response);
    }
    await hasInFeed(one, start, turn);
    await isCountedOnce(database, one, turn);
    await one.claimed(one.reply(turn.conversationId));
  }

  describe.each(MEANWHILE)('and others %s', (_what, meanwhile) => {
    it.each(SCENARIOS)(
      '%s leaves a sound history',
      async (_scenario, prepare) => {
        for (let after = 0; after < ENOUGH; after += 1) {
          const one = new Scene(store);
          const scenario = await prepare(one);
          const stood = await standsStill(scenario, after, () => meanwhile.act(one, scenario));
          const { turn } = scenario;
          await slow.generations.append(turn.workerId, [batch(turn.key, 2, ['b'])]);
          await finishing(turn)(slow);
          await one.generations.sweep({ logsBefore: T0, rowsBefore: T0 });
          await isSound(one, scenario, meanwhile);
          if (!stood) break;
        }
      },
      180_000,
    );
  });
});
