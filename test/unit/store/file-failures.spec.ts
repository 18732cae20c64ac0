import { rename, rm } from 'node:fs/promises';
import { batch, completed, Scene, T0, titled } from '../../contract/store/scene.js';
import { FaultyDisk } from './faulty-disk.js';
import { StoreFolder } from './folder.js';

const UNAVAILABLE = { reason: 'store_unavailable', code: 'SERVICE_UNAVAILABLE' };

describe('the file store on a failing disk', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  it('says so while its folder is unusable, and goes on by itself afterwards', async () => {
    const one = new Scene(await folder.open(), { ownerId: 'default' });
    const { conversationId } = await one.answered(one.opening());
    const running = await one.begun(one.opening(), ['a']);
    await rename(folder.at('generations'), folder.at('aside'));
    await folder.write('in the way', 'generations');

    const refused = one.reply(conversationId);
    await expect(one.generations.claim(refused)).rejects.toMatchObject(UNAVAILABLE);
    await expect(
      one.generations.append(one.workerId, [batch(running.key, 2, ['b'])]),
    ).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.finish(running, completed('ab'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await one.transcript(conversationId)).toHaveLength(2);

    await rm(folder.at('generations'));
    await rename(folder.at('aside'), folder.at('generations'));
    await one.answered(refused);
    expect(await one.finish(running, completed('ab'), batch(running.key, 2, ['b']))).toBe('ended');
    expect(await one.tokens(running.key)).toEqual(['a', 'b']);
    expect(await one.transcript(conversationId)).toHaveLength(4);
  });

  it('never mistakes a part for the whole when the disk is full', async () => {
    const disk = new FaultyDisk();
    const store = await folder.open({ makeDisk: (guard) => disk.guardedBy(guard) });
    const one = new Scene(store);
    const { conversationId } = await one.answered(one.opening({ text: 'kept' }), 'kept');

    for (let writes = 0; writes < 6; writes++) {
      const turn = one.reply(conversationId, {
        text: `q${writes}`,
        at: T0 + 10_000 * (writes + 1),
      });
      const steps = [
        () => one.generations.claim(turn),
        () => one.generations.append(one.workerId, [batch(turn.key, 1, ['a', 'b'])]),
        () => one.generations.commitTurn(turn.key, one.workerId, turn.createdAt + 1000),
        () => one.finish(turn, completed('abc', turn.createdAt + 2000), batch(turn.key, 3, ['c'])),
      ];
      disk.fillsUpAfter(writes);
      for (const step of steps) {
        const failure = await step().then(
          () => null,
          (error: unknown) => error,
        );
        if (failure === null) continue;
        expect(failure).toMatchObject(UNAVAILABLE);
        expect(JSON.stringify(failure)).not.toContain(folder.path);
        disk.hasRoom();
        await step();
      }
      disk.hasRoom();
      expect(await one.tokens(turn.key)).toEqual(['a', 'b', 'c']);
      expect((await one.transcript(conversationId)).slice(-2)).toEqual([
        `user: q${writes} (complete)`,
        'assistant: abc (complete)',
      ]);
    }

    const before = await one.conversation(conversationId);
    await store.close();
    const again = one.on(await folder.open());
    expect(await again.conversation(conversationId)).toEqual(before);
    expect(before.messageCount).toBe(14);
    expect(await folder.names('quarantine')).toEqual([]);
  });

  it('still has a conversation whose deletion failed', async () => {
    const disk = new FaultyDisk();
    const one = new Scene(await folder.open({ makeDisk: (guard) => disk.guardedBy(guard) }));
    const { conversationId, id } = await one.answered(one.opening());
    disk.fillsUpAfter(0);
    await expect(one.conversations.delete(one.ownerId, conversationId, null)).rejects.toMatchObject(
      UNAVAILABLE,
    );
    await expect(one.conversations.removeOldest(one.ownerId, 0, 'none')).rejects.toMatchObject(
      UNAVAILABLE,
    );
    await expect(
      one.conversations.update(one.ownerId, conversationId, titled('New'), null),
    ).rejects.toMatchObject(UNAVAILABLE);
    disk.hasRoom();

    expect(await one.listed()).toEqual([conversationId]);
    expect(await one.conversation(conversationId)).toMatchObject({ title: 'A title' });
    expect(await one.record(id)).toMatchObject({ conversationDeleted: false });
    expect(await one.conversations.delete(one.ownerId, conversationId, null)).toEqual({
      outcome: 'deleted',
    });
  });

  it('serves hundreds of conversations at once', async () => {
    const one = new Scene(await folder.open());
    const turns = await Promise.all(
      Array.from({ length: 300 }, () => one.claimed(one.opening({ text: 'x'.repeat(100) }))),
    );
    await Promise.all(turns.map((turn) => one.finish(turn, completed('y'))));
    const read = await Promise.all(
      turns.map(({ conversationId }) => one.conversation(conversationId)),
    );
    expect(read.every(({ messageCount }) => messageCount === 2)).toBe(true);
  });
});
