import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newestFirst, Scene, T0 } from '../../contract/store/scene.js';
import { StoreFolder } from './folder.js';

type Fields = Record<string, unknown>;

/**
 * The folder of a process of the release without branches (files of version 1) that was killed: with an
 * answer that was being written, and with turns that were only staged. And what that release itself read
 * of it when it was started again.
 */
interface Earlier {
  files: Record<string, string | { base64: string }>;
  owners: Record<
    string,
    { conversations: (Fields & { messages: Fields[] })[]; generations: Fields[] }
  >;
}

const DAY = 86_400_000;
const TIMES = ['createdAt', 'updatedAt', 'finishedAt'];

/** Without the times of the start. */
function timeless(fields: Fields): Fields {
  const isLater = ([name, value]: [string, unknown]) =>
    TIMES.includes(name) && typeof value === 'number' && value > T0 + DAY;
  return Object.fromEntries(Object.entries(fields).filter((entry) => !isLater(entry)));
}

describe('a folder of the release without branches', () => {
  let folder: StoreFolder;
  let earlier: Earlier;
  beforeEach(async () => {
    folder = await StoreFolder.make();
    const text = await readFile(new URL('earlier-folder.json', import.meta.url), 'utf8');
    earlier = JSON.parse(text) as Earlier;
    for (const [name, content] of Object.entries(earlier.files)) {
      await mkdir(dirname(folder.at(name)), { recursive: true });
      const bytes = typeof content === 'string' ? content : Buffer.from(content.base64, 'base64');
      await writeFile(folder.at(name), bytes);
    }
  });
  afterEach(() => folder.remove());

  it('reads as that release read it', async () => {
    const store = await folder.open();
    for (const [ownerId, { conversations, generations }] of Object.entries(earlier.owners)) {
      const one = new Scene(store, { ownerId });
      const list = await one.conversations.list(ownerId, newestFirst({}));
      const ids = conversations.map(({ id }) => String(id));
      expect(list.conversations.map(({ id }) => id).sort()).toEqual(ids.sort());
      for (const { messages, ...head } of conversations) {
        const found = await one.conversation(String(head['id']));
        expect(found).toMatchObject(timeless(head));
        expect(found.messages).toMatchObject(messages.map(timeless));
        expect(found.messages).toHaveLength(messages.length);
        const placed = found.messages.map(({ parentId }) => parentId);
        const path = found.messages.filter(({ role }) => role !== 'system').map(({ id }) => id);
        const system = found.messages.length > path.length ? [found.id] : [];
        expect(placed).toEqual([...system, found.id, ...path.slice(0, -1)]);
        expect(found).toMatchObject({ titleBy: 'message', tags: [], pinned: false, model: null });
        expect(found).toMatchObject({ disposable: false, metadata: null });
      }
      for (const record of generations)
        expect(await one.record(String(record['id']))).toMatchObject(timeless(record));
    }
    const logged = folder.logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
    expect(logged.map(({ message }) => message)).toEqual([
      'Ended the generations of a process that died',
    ]);
  });

  it('has a chain in each conversation, and beside it the answer that was to be replaced', async () => {
    const one = new Scene(await folder.open(), { ownerId: 'default' });
    const { conversations } = await one.conversations.list('default', newestFirst({}));
    const kinds = conversations.map(({ title, messageCount, messageTotal, revision }) => [
      title,
      messageTotal - messageCount,
      revision,
    ]);
    expect(Object.fromEntries(kinds.map(([title, ...rest]) => [title, rest]))).toEqual({
      Renamed: [0, 1],
      Running: [0, 2],
      Regenerated: [1, 2],
      'Only staged': [0, 1],
    });
    const { id = '' } = conversations.find(({ title }) => title === 'Regenerated') ?? {};
    const all = await one.conversations.find('default', id, { limit: 10, branch: 'all' });
    expect(all).toMatchObject({
      messages: [{ content: 'q0' }, { content: 'a0' }, { content: 'New', status: 'failed' }],
    });
    const [, before, after] = await one.branch(id, 'all');
    expect((await one.conversation(id)).messages[1]?.siblings).toEqual([before, after]);
  });

  it('goes on, and stays as it is where nobody writes', async () => {
    const one = new Scene(await folder.open(), { ownerId: 'default' });
    const { conversations } = await one.conversations.list('default', newestFirst({}));
    const { id = '' } = conversations.find(({ title }) => title === 'Renamed') ?? {};
    expect(await folder.read(`${id}.json`)).toBe(earlier.files[`${id}.json`]);
    const before = await one.conversation(id);
    await one.answered(one.reply(id, { text: 'Further' }), 'On');
    await one.store.close();
    const again = one.on(await folder.open());
    const after = await again.conversation(id);
    expect(after.messages.slice(0, -2)).toEqual(before.messages);
    expect(after).toMatchObject({ messageCount: 11, messageTotal: 11, revision: 3 });
    expect(after.messages.at(-2)).toMatchObject({ parentId: before.activeMessageId });
    const old = earlier.files[`${id}.json`] ?? '';
    if (typeof old !== 'string') throw new Error('No text');
    expect(await folder.read(`${id}.json`)).toContain(old.slice(old.indexOf('[\n'), -4));
    expect(await folder.read('_index.json')).toContain('"version":4');
  });
});
