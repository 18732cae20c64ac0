import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene, T0 } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

/** How often both happen at once: either is the first one now and then. */
const TRIES = 40;

for (const kind of SQL_KINDS)
  kind.describe(`deletion of messages while another worker claims, on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    const stores: TypeOrmStore[] = [];
    beforeAll(async () => {
      empty = await kind.make();
      for (let n = 0; n < 2; n += 1) {
        const store = new TypeOrmStore(empty.target, new RecordingLogger());
        await store.open();
        stores.push(store);
      }
    });
    afterAll(async () => {
      for (const store of stores) await store.close();
      await empty.dispose();
    });

    it('loses no message of the turn, and leaves none below a deleted one', async () => {
      const [here, there] = stores;
      if (!here || !there) throw new Error('There are two');
      const one = new Scene(here);
      const other = one.on(there);
      const outcomes = new Set<string>();
      for (let n = 0; n < TRIES; n += 1) {
        const first = await one.answered(one.opening({ text: 'q0' }), 'a0');
        const { conversationId: id } = first;
        const second = await one.answered(one.reply(id, { text: 'q1' }), 'a1');
        const reply = other.reply(id, { text: 'q2' });

        const turn = async () => {
          // Sometimes later, so that the deletion is the first one.
          for (let wait = 0; wait < n % 4; wait += 1)
            await other.conversations.summary(one.ownerId, id);
          const claim = await other.generations.claim(reply);
          if (claim.outcome !== 'claimed') return claim.outcome;
          const { key, workerId } = reply;
          // What the worker read before the deletion.
          const parentId = second.messageId;
          expect(await other.generations.commitTurn(key, workerId, T0 + 1000, parentId)).toBe(
            'committed',
          );
          expect(await other.finish(reply, { ...completed('a2'), parentId })).toBe('ended');
          return claim.outcome;
        };
        const [deleted, claimed] = await Promise.all([
          one.conversations.deleteMessage(one.ownerId, id, second.answerParentId, null),
          turn(),
        ]);
        expect(claimed).toBe('claimed');
        outcomes.add(deleted.outcome);

        const found = await one.conversation(id);
        const contents = found.messages.map(({ content }) => content).join(' ');
        const all = await one.branch(id, 'all');
        expect(found).toMatchObject({
          messageCount: found.messages.length,
          messageTotal: all.length,
          activeGenerationId: null,
        });
        if (deleted.outcome === 'busy') expect(contents).toBe('q0 a0 q1 a1 q2 a2');
        // It may come after the whole turn, and then deletes that too.
        else if (contents !== 'q0 a0') expect(contents).toBe('q0 a0 q2 a2');
        expect(await one.count()).toBe(n + 1);
      }
      expect(outcomes).toContain('deleted');
    }, 60_000);
  });
