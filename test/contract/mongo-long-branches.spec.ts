import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire } from '../support/mongo-wire.js';
import { completed, Scene, T0 } from './store/scene.js';

/** More than the runs of places that are stored with a message. */
const TURNS = 150;

describeMongo('a conversation in MongoDB whose every answer was regenerated', () => {
  let database: TestMongo;
  let wire: MongoWire;
  let store: MongoStore;
  let one: Scene;
  let id: string;
  beforeAll(async () => {
    database = await freshMongo();
    wire = new MongoWire(database.url);
    await wire.up();
    store = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await store.open();
    one = new Scene(store);
    id = (await one.answered(one.opening({ text: 'q0' }), 'a0')).conversationId;
    for (let n = 1; n < TURNS; n += 1) {
      const question = await whole(one.reply(id, { text: `q${n}` }), `old${n}`);
      await whole(one.regeneration(id, question.answerParentId, T0), `a${n}`);
    }
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await wire.down();
    await database.drop();
  });

  /** An answer that comes whole, which takes fewer commands. */
  async function whole(turn: Parameters<Scene['claimed']>[0], answer: string) {
    await one.finish(await one.claimed(turn), completed(answer));
    return turn;
  }

  const path = Array.from({ length: TURNS }, (_, n) => [`q${n}`, `a${n}`]).flat();

  it('is read whole, page by page, and in windows at any place', async () => {
    const found = await one.conversation(id);
    expect(found.messages.map(({ content }) => content)).toEqual(path);
    expect(found).toMatchObject({ messageCount: 2 * TURNS, messageTotal: 3 * TURNS - 1 });
    expect(found.messages.filter(({ siblings }) => siblings.length === 2)).toHaveLength(TURNS - 1);
    const reading = await one.conversations.read(one.ownerId, id);
    if (!reading || typeof reading === 'string') throw new Error('Not found');
    const pages = [];
    for await (const page of reading.pages) pages.push(...page);
    expect(pages).toEqual(found.messages);

    for (const place of [2, 3, 20, 21, 150, 171, 172, 290]) {
      const before = found.messages[place];
      const window = await one.conversations.find(one.ownerId, id, {
        limit: 4,
        before: before?.id ?? '',
      });
      if (!window || typeof window === 'string') throw new Error('Not found');
      expect(window.messages).toEqual(found.messages.slice(Math.max(0, place - 4), place));
      expect(window.branchLength).toBe(place);
    }
  });

  it('takes as many commands for a turn and a window as a new one', async () => {
    const commands = async (work: () => Promise<unknown>) => {
      wire.commands.length = 0;
      await work();
      return wire.commands.map((command) => Object.keys(command)[0]);
    };
    const turn = (conversation: string) => () =>
      one.answered(one.reply(conversation, { text: 'q' }), 'a');
    const { conversationId } = await one.answered(one.opening());
    expect(await commands(turn(id))).toEqual(await commands(turn(conversationId)));
    const window = (conversation: string) => () =>
      one.conversations.find(one.ownerId, conversation, { limit: 50 });
    const siblings = 1;
    expect((await commands(window(id))).length).toBe(
      (await commands(window(conversationId))).length + siblings,
    );
  });
});
