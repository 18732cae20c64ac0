import { textOf } from '../../src/domain/parts.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, type TestMongo } from '../support/mongo.js';
import type { Fault, MongoWire } from '../support/mongo-wire.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import {
  END,
  finishing,
  hasInFeed,
  isCountedOnce,
  SCENARIOS,
  soundTranscript,
  STATELESS_SCENARIOS,
  type Scenario,
} from './mongo-scenarios.js';
import { changesOf } from './store/changes.js';
import { batch, Scene, T0 } from './store/scene.js';

/** More commands than any one call sends. */
const ENOUGH = 40;

/** How the others come upon what was left. */
const RECOVERIES: [string, (one: Scene, scenario: Scenario) => Promise<unknown>][] = [
  ['is reaped', (one) => one.reap(0, END)],
  [
    'tries again and ends',
    async (one, { turn, act }) => {
      await act(one.store);
      await finishing(turn)(one.store);
    },
  ],
  [
    'was only slow and ends',
    async (one, { turn }) => {
      await one.generations.append(turn.workerId, [batch(turn.key, 2, ['b'])]);
      await finishing(turn)(one.store);
    },
  ],
];

describeMongo('MongoDB, when a process dies at any of its commands', () => {
  let behind: MongoBehindWire;
  let database: TestMongo;
  let store: MongoStore;
  let wire: MongoWire;
  let start: string;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    ({ database, store, wire, start } = behind);
  });
  afterEach(() => behind.close());

  /** Whether the process died before it was through. */
  async function dies(act: Scenario['act'], after: number, fault: Fault): Promise<boolean> {
    wire.goOn();
    const victim = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await victim.open();
    void wire.failAfter(after, fault);
    await act(victim).catch((error: unknown) =>
      expect(error).toMatchObject({ reason: 'store_unavailable' }),
    );
    const dead = wire.hasFailed;
    await victim.close();
    return dead;
  }

  async function isSound(one: Scene, { turn, outcomes }: Scenario): Promise<void> {
    // Long before anything here: it only completes what was left half done.
    await one.generations.sweep({ logsBefore: T0, rowsBefore: T0 });
    const transcript = await soundTranscript(database, one, turn.conversationId);
    expect(outcomes).toContainEqual(transcript);
    const record = await one.record(turn.id);
    expect(record).toMatchObject({
      finishedAt: END,
      conversationDeleted: transcript.length === 0,
    });
    if (transcript.length > 0) {
      expect(transcript.at(-1)).toContain(`: ${record.response} (`);
      expect(textOf(await one.tokens(turn.key))).toBe(record.response);
    }
    await hasInFeed(one, start, turn);
    await isCountedOnce(database, one, turn);
    expect((await one.coordination.workers()).has(one.workerId)).toBe(false);
    await one.claimed(one.reply(turn.conversationId));
  }

  async function isEndedAlone(one: Scene, turn: Scenario['turn']): Promise<void> {
    await one.generations.sweep({ logsBefore: T0, rowsBefore: T0 });
    const record = await one.record(turn.id);
    expect(record).toMatchObject({
      ...{ finishedAt: END, committed: true, conversationDeleted: false },
      response: expect.stringMatching(/^ab?$/),
    });
    expect(textOf(await one.tokens(turn.key))).toBe(record.response);
    await isCountedOnce(database, one, turn);
    const { entries } = await changesOf(store, one.ownerId, start);
    expect([entries.length, await one.count()]).toEqual([0, 0]);
    for (const name of ['conversations', 'messages'])
      expect(await database.on((client) => client.db().collection(name).countDocuments({}))).toBe(
        0,
      );
  }

  describe.each(RECOVERIES)('and the worker %s', (_how, recover) => {
    /** Dies at each command of the scenario in turn, before and after the store has it. */
    async function atEachCommand(
      prepare: (scene: Scene) => Promise<Scenario>,
      isRight: (scene: Scene, scenario: Scenario) => Promise<void>,
    ): Promise<void> {
      for (const fault of ['command lost', 'answer lost'] as const)
        for (let after = 0; after < ENOUGH; after += 1) {
          const one = new Scene(store);
          const scenario = await prepare(one);
          const dead = await dies(scenario.act, after, fault);
          await recover(one, scenario);
          await isRight(one, scenario);
          if (!dead) break;
        }
    }

    it.each(SCENARIOS)(
      '%s leaves a sound history',
      (_what, prepare) => atEachCommand(prepare, isSound),
      180_000,
    );

    it.each(STATELESS_SCENARIOS)(
      '%s, without a conversation, leaves its record alone',
      (_what, prepare) => atEachCommand(prepare, (one, { turn }) => isEndedAlone(one, turn)),
      60_000,
    );
  });
});
