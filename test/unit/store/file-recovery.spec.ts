import { mkdir, rm, utimes } from 'node:fs/promises';
import { batch, completed, newestFirst, Scene, T0, titled } from '../../contract/store/scene.js';
import { Disk, type Guard } from '../../../src/store/file/disk.js';
import type { Rewrite } from '../../../src/store/file/rewrite.js';
import { StoreFolder } from './folder.js';

/** A disk on which another program changes a conversation right before each rewrite of one. */
const otherWriter = (change: () => Promise<void>) =>
  class extends Disk {
    override async replace(
      path: string,
      content: string | Rewrite,
      options?: { durable?: boolean },
    ): Promise<string> {
      if (typeof content !== 'string') await change();
      return super.replace(path, content, options);
    }
  };

describe('the file store’s folder', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  const asDefault = { ownerId: 'default' };

  /** Two answered conversations of the default owner, and the store closed. */
  async function filled(): Promise<[string, string]> {
    const store = await folder.open();
    const one = new Scene(store, asDefault);
    const first = await one.answered(one.opening({ text: 'first', title: 'First' }));
    const second = await one.answered(one.opening({ text: 'second', at: T0 + 5000 }));
    await store.close();
    return [first.conversationId, second.conversationId];
  }

  it('holds a JSON file for each conversation and one for the index', async () => {
    const [first, second] = await filled();

    expect(await folder.names()).toEqual(
      [`${first}.json`, `${second}.json`, '_index.json', 'changes', 'generations'].sort(),
    );
    expect(JSON.parse(await folder.read(`${first}.json`))).toEqual({
      version: 2,
      revision: 2,
      id: first,
      title: 'First',
      created_at: '2025-06-15T15:06:40.000Z',
      updated_at: '2025-06-15T15:06:42.000Z',
      changes: { behind: expect.any(String), list: expect.any(Array) },
      messages: [
        expect.objectContaining({
          role: 'user',
          content: 'first',
          timestamp: '2025-06-15T15:06:40.000Z',
        }),
        expect.objectContaining({
          role: 'assistant',
          content: 'Hi there',
          timestamp: '2025-06-15T15:06:41.000Z',
          model: 'llama2',
          finish_reason: 'stop',
          usage: { prompt_tokens: 12, completion_tokens: 3 },
        }),
      ],
    });
    expect(JSON.parse(await folder.read('_index.json'))).toMatchObject({
      version: 4,
      conversations: expect.arrayContaining([
        expect.objectContaining({ id: first, title: 'First', message_count: 2 }),
        expect.objectContaining({ id: second }),
      ]),
    });
  });

  it('is made with the folders above it when it is missing', async () => {
    await folder.remove();
    const store = await folder.open();
    const one = new Scene(store);
    await one.answered(one.opening());
    expect(await one.listed()).toHaveLength(1);
  });

  it.each([
    ['missing', async () => rm(folder.at('_index.json'))],
    ['no JSON', async () => folder.write('{"version":1,"conver', '_index.json')],
    ['of another shape', async () => folder.write('{"conversations":[{"id":1}]}', '_index.json')],
    [
      'of an earlier release',
      async () => folder.write('{"version":3,"conversations":[]}', '_index.json'),
    ],
    ['empty', async () => folder.write('', '_index.json')],
  ])('needs no index: one that is %s is made anew', async (_, damage) => {
    const [first, second] = await filled();
    await damage();

    const one = new Scene(await folder.open(), asDefault);
    expect(await one.listed()).toEqual([second, first]);
    expect(await folder.read('_index.json')).toContain(first);
    expect(JSON.parse(await folder.read('_index.json'))).toMatchObject({ version: 4 });
  });

  it('believes the files where the index is behind them', async () => {
    const [first, second] = await filled();
    const index = await folder.read('_index.json');
    const store = await folder.open();
    const one = new Scene(store, asDefault);
    await one.conversations.update('default', first, titled('Renamed since'), null);
    await one.conversations.delete('default', second, null);
    const third = await one.answered(one.opening({ at: T0 + 9000 }));
    await store.close();
    await folder.write(index, '_index.json');

    const page = await new Scene(await folder.open()).conversations.list(
      'default',
      newestFirst({
        limit: 10,
        offset: 0,
      }),
    );
    expect(page.conversations.map(({ id, title }) => [id, title])).toEqual([
      [third.conversationId, 'A title'],
      [first, 'Renamed since'],
    ]);
  });

  it('trusts the index for files that did not change, without reading them', async () => {
    const [first] = await filled();
    const index = (await folder.read('_index.json')).replace('"First"', '"As remembered"');
    await folder.write(index, '_index.json');
    const titles = async () => {
      const store = await folder.open();
      const page = await store.conversations.list('default', newestFirst({ limit: 10, offset: 0 }));
      await store.close();
      return page.conversations.map(({ title }) => title);
    };

    expect(await titles()).toContain('As remembered');
    await utimes(folder.at(`${first}.json`), new Date(), new Date());
    expect(await titles()).toContain('First');
  });

  it.each([
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['binary', () => '\0\0\0\0'],
    ['no conversation', () => '{"version":1,"hello":"world"}'],
    ['of wrong types', (text: string) => text.replace('"messages":[', '"messages":[null,')],
    ['of impossible times', (text: string) => text.replace('2025-', '20x5-')],
  ])('sets a file that is %s aside and shows the others', async (_, damage) => {
    const [first, second] = await filled();
    const damaged = damage(await folder.read(`${first}.json`));
    await folder.write(damaged, `${first}.json`);

    const one = new Scene(await folder.open(), asDefault);
    expect(await one.listed()).toEqual([second]);
    expect(await one.conversations.find('default', first)).toBeNull();
    expect(await folder.names('quarantine')).toEqual([`${first}.json`]);
    expect(await folder.read('quarantine', `${first}.json`)).toBe(damaged);
    expect(folder.logger.of('A damaged file was moved to the quarantine folder')).toMatchObject([
      { level: 'error', fields: { file: `${first}.json` } },
    ]);
    expect(JSON.stringify(folder.logger.records)).not.toContain('Hi there');
  });

  it('leaves files of others alone', async () => {
    const [first, second] = await filled();
    const others = {
      'package.json': '{"name":"x"}',
      'tsconfig.json': '{ // comment\n}',
      'notes.txt': '',
    };
    for (const [name, text] of Object.entries(others)) await folder.write(text, name);

    const one = new Scene(await folder.open(), asDefault);
    expect(await one.listed()).toEqual([second, first]);
    for (const [name, text] of Object.entries(others)) expect(await folder.read(name)).toBe(text);
    expect(await folder.names('quarantine')).toEqual([]);
  });

  it('keeps both of two damaged files that had one name', async () => {
    const [first] = await filled();
    for (const text of ['one', 'other']) {
      await folder.write(text, `${first}.json`);
      await (await folder.open()).close();
    }
    expect(await folder.names('quarantine')).toHaveLength(2);
  });

  it('sets a file aside that is damaged while the store is open', async () => {
    const [first, second] = await filled();
    const one = new Scene(await folder.open(), asDefault);
    await folder.write('{', `${first}.json`);

    expect(await one.conversations.find('default', first)).toBeNull();
    expect(await one.listed()).toEqual([second]);
    expect(await folder.names('quarantine')).toEqual([`${first}.json`]);
  });

  it('leaves the file of a later release where it is', async () => {
    const [first, second] = await filled();
    const later = (await folder.read(`${first}.json`)).replace('"version":2', '"version":3');
    await folder.write(later, `${first}.json`);

    const one = new Scene(await folder.open(), asDefault);
    expect(await one.listed()).toEqual([second]);
    expect(await folder.read(`${first}.json`)).toBe(later);
  });

  it('leaves the file of a later release where it is, whatever its messages are', async () => {
    const [first] = await filled();
    for (const messages of ['[{"said":1}]', '{}', '["Hi there"]']) {
      const later = `{"messages":${messages},"id":"${first}","version":3}`;
      await folder.write(later, `${first}.json`);
      await (await folder.open()).close();
      expect(await folder.read(`${first}.json`)).toBe(later);
    }
    expect(await folder.names('quarantine')).toEqual([]);
  });

  it('goes by the file where another program changes it while the store is open', async () => {
    const [first] = await filled();
    const one = new Scene(await folder.open(), asDefault);
    expect(await one.transcript(first)).toHaveLength(2);
    const changed = (await folder.read(`${first}.json`)).replace('Hi there', 'Good day to you');
    await folder.write(changed, `${first}.json`);

    expect((await one.transcript(first))[1]).toBe('assistant: Good day to you (complete)');
    await one.answered(one.reply(first, { at: T0 + 9000 }), 'And so on');
    expect(await folder.read(`${first}.json`)).toContain('Good day to you');
  });

  it('writes nothing over what another program changes at the same moment', async () => {
    const [first] = await filled();
    const changed = JSON.stringify(JSON.parse(await folder.read(`${first}.json`)), null, 2);
    const change = () => folder.write(changed, `${first}.json`);
    const makeDisk = (guard: Guard) => new (otherWriter(change))(guard);
    const one = new Scene(await folder.open({ makeDisk }), asDefault);

    const renamed = one.conversations.update('default', first, titled('Renamed'), null);
    await expect(renamed).rejects.toMatchObject({ reason: 'store_unavailable' });
    expect(await folder.read(`${first}.json`)).toBe(changed);
    expect((await one.conversation(first)).title).toBe('First');
  });

  it('reads conversations that another program wrote in the plain form', async () => {
    const plain = {
      id: 'a1b2c3d4-e5f6-7890-g1h2-i3j4k5l6m7n8',
      title: 'Quantum Computing Discussion',
      created_at: '2025-09-06T03:30:00Z',
      updated_at: '2025-09-06T03:35:00Z',
      messages: [
        { role: 'user', content: 'Explain', timestamp: '2025-09-06T03:30:00Z' },
        { role: 'assistant', content: 'It uses qubits', timestamp: '2025-09-06T03:30:05Z' },
      ],
    };
    await folder.write(JSON.stringify(plain, null, 2), 'imported.json');

    const one = new Scene(await folder.open(), asDefault);
    const { messages, ...summary } = await one.conversation(plain.id);
    expect(summary).toMatchObject({ title: plain.title, messageCount: 2 });
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'Explain'],
      ['assistant', 'It uses qubits'],
    ]);
    await one.answered(one.reply(plain.id, { at: T0 + 9_000_000 }));
    expect(await one.conversation(plain.id)).toMatchObject({ messageCount: 4 });
    await one.conversations.delete('default', plain.id, null);
    expect(await folder.names()).not.toContain('imported.json');
  });

  it('shows one of two files that hold the same conversation', async () => {
    const [first, second] = await filled();
    const copy = (await folder.read(`${first}.json`)).replace('"First"', '"Copy"');
    await folder.write(copy, `${first} (copy).json`);

    const one = new Scene(await folder.open(), asDefault);
    expect(await one.listed()).toEqual([second, first]);
    expect((await one.conversation(first)).title).toBe('First');
    expect(await folder.names()).toContain(`${first} (copy).json`);
  });

  it('removes what a crash left half-written', async () => {
    const [first] = await filled();
    const stray = '00000000-0000-0000-0000-000000000000';
    await folder.write('{"versi', `${first}.json.1234.tmp`);
    await folder.write('{"versi', 'generations', `${stray}.json.1234.tmp`);
    await folder.write('[1,["a"]]\n', 'generations', `${stray}.ndjson`);
    await mkdir(folder.at('owners', 'somebody'), { recursive: true });
    await folder.write('{"versi', 'owners', 'somebody', `${first}.json.1234.tmp`);

    await folder.open();

    for (const names of [[], ['generations'], ['owners', 'somebody']])
      expect((await folder.names(...names)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await folder.names('generations')).not.toContain(`${stray}.ndjson`);
  });

  it('drops the torn last line of a log and keeps the rest', async () => {
    const store = await folder.open();
    const one = new Scene(store);
    const turn = await one.begun(one.opening(), ['Once', ' upon']);
    await one.generations.append(one.workerId, [batch(turn.key, 3, [' a'])]);
    await store.close();
    const log = await folder.read('generations', `${turn.key}.ndjson`);
    await folder.write(`${log}[4,[" ti`, 'generations', `${turn.key}.ndjson`);

    const again = one.on(await folder.open());
    expect(await again.transcript(turn.conversationId)).toEqual([
      'user: Hello (complete)',
      'assistant: Once upon a (failed)',
    ]);
    expect(await again.tokens(turn.key)).toEqual(['Once', ' upon', ' a']);
  });

  it('shows an answer as failed when its generation’s file is damaged', async () => {
    const store = await folder.open();
    const one = new Scene(store);
    const turn = await one.begun(one.opening(), ['Half']);
    await store.close();
    await folder.write('{', 'generations', `${turn.key}.json`);

    const again = one.on(await folder.open());
    expect(await again.generations.find(one.ownerId, turn.id)).toBeNull();
    expect(await again.conversation(turn.conversationId)).toMatchObject({
      activeGenerationId: null,
      messages: [{ content: 'Hello' }, { status: 'failed', seq: null }],
    });
    await again.answered(again.reply(turn.conversationId));
  });

  it('has the words of a kept generation in its conversation alone, once others are gone', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const turn = await one.answered(one.opening({}, { isKept: true, echo: '{}' }), 'My words');
    const { key, id, conversationId } = turn;
    const file = () => folder.read('generations', `${key}.json`);
    expect(await file()).toContain('My words');
    const before = await one.record(id);
    await one.generations.sweep({ logsBefore: T0 + 99_000, rowsBefore: T0 + 99_000 });
    expect(await file()).not.toContain('My words');
    expect(await folder.names('generations')).toEqual([`${key}.json`]);
    expect(await one.record(id)).toEqual(before);
    const written = await file();
    await one.generations.sweep({ logsBefore: T0 + 99_000, rowsBefore: T0 + 99_000 });
    expect(await file()).toBe(written);
    const { usage } = one.store;
    const all = await usage.all();
    await one.store.close();

    const again = one.on(await folder.open());
    expect(await again.record(id)).toEqual(before);
    expect(await again.store.usage.all()).toEqual(all);
    await again.conversations.delete(one.ownerId, conversationId, null);
    expect(await again.record(id)).toMatchObject({ response: '', echo: null });
  });

  it('keeps apart owners and ids that file systems would mix up', async () => {
    const store = await folder.open();
    const names = ['default', 'Team', 'team', '../default', 'con', 'a/b', '.'];
    const ids = ['abc', 'ABC', 'Abc', 'con', '..', '../x', 'a'.repeat(100)];
    for (const ownerId of names) {
      const one = new Scene(store, { ownerId });
      for (const conversationId of ids) {
        const key = `${names.indexOf(ownerId)}-${ids.indexOf(conversationId)}`;
        const turn = one.opening({ text: key }, { conversationId });
        await one.claimed(turn);
        await one.finish(turn, completed(key));
      }
    }
    await store.close();

    const again = await folder.open();
    for (const ownerId of names)
      for (const id of ids) {
        const key = `${names.indexOf(ownerId)}-${ids.indexOf(id)}`;
        const one = new Scene(again, { ownerId });
        expect(await one.transcript(id)).toContain(`assistant: ${key} (complete)`);
      }
    const lowered = (await folder.names()).map((name) => name.toLowerCase());
    expect(new Set(lowered).size).toBe(lowered.length);
  });
});
