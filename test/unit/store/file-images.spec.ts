import { stat, writeFile } from 'node:fs/promises';
import { answeredWithImages, image, isKept, withImages } from '../../contract/store/images.js';
import { Scene } from '../../contract/store/scene.js';
import { StoreFolder } from './folder.js';

describe('images in the file store', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  it('are files of their own beside the conversations, private, and say what they are', async () => {
    const one = new Scene(await folder.open(), { ownerId: 'default' });
    const picture = image(1000);
    const { use } = await answeredWithImages(one, [picture]);
    const { conversationId, messageId } = use;
    expect(await folder.names('images', 'default')).toEqual(
      [`${picture.id}.1000.webp`, `${picture.id}.${conversationId}.${messageId}.open`].sort(),
    );
    for (const name of await folder.names('images', 'default'))
      expect((await stat(folder.at('images', 'default', name))).mode & 0o077).toBe(0);
    expect(await folder.read(`${conversationId}.json`)).not.toContain(
      picture.data.toString('base64').slice(0, 40),
    );
    await one.store.images.sweep(Date.now() + 1);
    expect(await folder.names('images', 'default')).toContain(
      `${picture.id}.${conversationId}.${messageId}.use`,
    );
    await one.conversations.delete(one.ownerId, conversationId, null);
    expect(await folder.names('images', 'default')).toEqual([]);
  });

  it('are found again, whatever owners and conversations are called', async () => {
    const store = await folder.open();
    const scenes = ['con', 'A', 'a', '..', 'Jörg'].map((ownerId) => new Scene(store, { ownerId }));
    const pictures = scenes.map(() => image(500));
    const ids: string[] = [];
    for (const [index, one] of scenes.entries()) {
      const picture = pictures[index];
      if (!picture) continue;
      const { turn } = await withImages(one, [picture]);
      // Put under another id: the odd one of the claim.
      const conversationId = index % 2 === 0 ? 'Con' : '..~x';
      const use = {
        ownerId: one.ownerId,
        conversationId,
        messageId: turn.turn.messages[0]?.id ?? '',
      };
      await store.images.put(use, picture, 2 ** 30);
      await one.answered({ ...turn, conversationId });
      ids.push(conversationId);
    }
    await store.close();
    const again = await folder.open();
    for (const [index, one] of scenes.entries()) {
      const picture = pictures[index];
      if (!picture) continue;
      expect(await isKept(one.on(again), ids[index] ?? '', picture)).toBe(true);
      expect(await again.images.usedBytes(one.ownerId)).toBe(500);
    }
  });

  it('leftovers of a crash are removed at the start', async () => {
    const store = await folder.open();
    const one = new Scene(store, { ownerId: 'default' });
    const [kept, stray] = [image(500), image(500)];
    const { use } = await answeredWithImages(one, [kept]);
    await store.close();
    const write = (name: string) => writeFile(folder.at('images', 'default', name), 'x');
    // Stored, but its use was not; a use without its image; a use without its conversation; half a file.
    await write(`${stray.id}.500.png`);
    await write(`${'b'.repeat(64)}.${use.conversationId}.other.use`);
    await write(`${kept.id}.gone.other.use`);
    await write(`${kept.id}.500.webp.123.tmp`);
    await write('notes.txt');
    const again = one.on(await folder.open());
    expect(await isKept(again, use.conversationId, kept)).toBe(true);
    expect(await folder.names('images', 'default')).toEqual(
      [
        `${kept.id}.500.webp`,
        `${kept.id}.${use.conversationId}.${use.messageId}.use`,
        `${'b'.repeat(64)}.${use.conversationId}.other.use`,
        'notes.txt',
      ].sort(),
    );
    await again.conversations.delete(one.ownerId, use.conversationId, null);
    expect(await folder.names('images', 'default')).toEqual(['notes.txt']);
  });

  it('of a conversation that cannot be read stay', async () => {
    const store = await folder.open();
    const one = new Scene(store, { ownerId: 'default' });
    const picture = image(500);
    const { use } = await answeredWithImages(one, [picture]);
    await store.close();
    const text = await folder.read(`${use.conversationId}.json`);
    await folder.write('{broken', `${use.conversationId}.json`);
    const broken = await folder.open();
    expect(await isKept(one.on(broken), use.conversationId, picture)).toBe(false);
    await broken.close();
    const [name] = await folder.names('quarantine');
    expect(name).toContain(use.conversationId);
    await folder.write(text, `${use.conversationId}.json`);
    expect(await isKept(one.on(await folder.open()), use.conversationId, picture)).toBe(true);
  });
});
