import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Scene, T0, titled } from '../../contract/store/scene.js';
import { turnOf } from '../../contract/store/trees.js';
import { StoreFolder } from './folder.js';
import { Measure } from './measuring-disk.js';

const ID = '00000000-0000-4000-8000-000000000000';
const MESSAGES = 6_000;
/** Most that is parsed or encoded before others have their turn. */
const PIECE = 256 * 1024;

const iso = (at: number) => new Date(at).toISOString();
const text = (n: number) => `${n} "quoted"\n${'words and words '.repeat(60)}`;

/** The file as earlier releases wrote it: on one line. */
function onOneLine(): string {
  const messages = Array.from({ length: MESSAGES }, (_, n) => ({
    role: n % 2 === 0 ? 'user' : 'assistant',
    content: text(n),
    timestamp: iso(T0 + n),
    id: `m-${n}`,
    status: 'complete',
  }));
  const times = { created_at: iso(T0), updated_at: iso(T0 + MESSAGES) };
  return `${JSON.stringify({ version: 1, id: ID, title: 'Long', ...times, messages })}\n`;
}

describe('a long conversation in a file', () => {
  const measure = new Measure();
  let folder: StoreFolder;
  let one: Scene;
  let size: number;
  let old: string;

  beforeAll(async () => {
    folder = await StoreFolder.make();
    old = onOneLine();
    await folder.write(old, `${ID}.json`);
    ({ size } = await stat(folder.at(`${ID}.json`)));
    const store = await folder.open({ makeDisk: (guard) => measure.guardedBy(guard) });
    one = new Scene(store, { ownerId: 'default' });
  });
  afterAll(() => folder.remove());
  beforeEach(() => measure.reset());
  afterEach(() => {
    expect(measure.largestRead).toBeLessThanOrEqual(PIECE);
    expect(measure.bytesEncoded).toBeLessThanOrEqual(PIECE);
  });

  const find = async (limit: number, before?: string) => {
    const window = { limit, ...(before !== undefined && { before }) };
    const found = await one.conversations.find(one.ownerId, ID, window);
    if (found === null || found === 'message_not_found') throw new Error('Not found');
    return found;
  };
  const contents = async (limit: number, before?: string) =>
    (await find(limit, before)).messages.map(({ content }) => content);

  it('is read whole once, slice by slice, however many ask for it', async () => {
    expect(size).toBeGreaterThan(20 * PIECE);
    const pages = await Promise.all(Array.from({ length: 20 }, () => find(50)));
    for (const { messages, messageCount } of pages) {
      expect(messageCount).toBe(MESSAGES);
      expect(messages.at(-1)?.content).toBe(text(MESSAGES - 1));
    }
    expect(measure.bytesRead).toBeLessThan(1.5 * size);
  });

  it('costs a page what the page has', async () => {
    expect(await contents(2)).toEqual([text(MESSAGES - 2), text(MESSAGES - 1)]);
    expect(await contents(1, 'm-3000')).toEqual([text(2999)]);
    expect(await one.conversations.summary(one.ownerId, ID)).toMatchObject({ system: null });
    expect(measure.bytesRead).toBeLessThan(PIECE);
  });

  it('is continued without reading or encoding what was there', async () => {
    const turn = await one.answered(one.reply(ID, { text: 'And?', at: T0 + 10_000 }), 'Since.');
    await one.answered(one.regeneration(ID, turn.answerParentId, T0 + 20_000), 'Because.');
    await one.conversations.update(one.ownerId, ID, titled('Renamed, é'), null);
    expect(measure.bytesRead).toBeLessThan(PIECE);

    const file = await folder.read(`${ID}.json`);
    const begin = '"messages":[';
    const kept = old.slice(old.indexOf(begin) + begin.length, old.lastIndexOf(']'));
    expect(file).toContain(kept);
    expect(JSON.parse(file)).toMatchObject({ title: 'Renamed, é' });
    expect(file.split('\n').slice(-5)).toEqual([
      expect.stringContaining('"content":"And?"'),
      expect.stringContaining('"content":"Since."'),
      expect.stringContaining('"content":"Because."'),
      ']}',
      '',
    ]);
    expect(await contents(3)).toEqual([text(MESSAGES - 1), 'And?', 'Because.']);
  });

  it('is read page by page while it grows', async () => {
    const reading = await one.conversations.read(one.ownerId, ID);
    if (reading === null || reading === 'message_not_found') throw new Error('Not found');
    const read: string[] = [];
    for await (const page of reading.pages) {
      if (read.length === 0) await one.answered(one.reply(ID, { at: T0 + 30_000 }), 'Later.');
      read.push(...page.map(({ content }) => content));
    }
    const all = Array.from({ length: MESSAGES }, (_, n) => text(n));
    expect(read).toEqual([...all, 'And?', 'Because.']);
    expect(await contents(1)).toEqual(['Later.']);
  });

  it('is not encoded again where messages go, or its system prompt changes', async () => {
    const system = { id: 's', content: 'Be brief', createdAt: T0 };
    await one.conversations.update(one.ownerId, ID, { system }, null);
    expect(await contents(2, 'm-1')).toEqual(['Be brief', text(0)]);
    await one.conversations.update(one.ownerId, ID, { system: null }, null);
    expect(await contents(2, 'm-1')).toEqual([text(0)]);
    const turn = await one.answered(one.reply(ID, { parentId: 'm-2999' }), 'Beside.');
    const { question } = turnOf(turn);
    expect(await contents(2)).toEqual([expect.any(String), 'Beside.']);
    expect(await contents(1, question)).toEqual([text(2999)]);
    const deleted = await one.conversations.deleteMessage(one.ownerId, ID, question, null);
    expect(deleted).toEqual({ outcome: 'deleted', count: 2 });
    expect(await contents(1)).toEqual(['Later.']);
    expect(measure.bytesRead).toBeLessThan(PIECE);
  });

  it('is copied slice by slice', async () => {
    const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
    await one.conversations.fork(one.ownerId, ID, fork, null);
    expect(measure.largestText).toBeLessThan(PIECE);
    expect(measure.bytesEncoded).toBeGreaterThan(size);
    measure.reset();
    const copy = await one.conversations.find(one.ownerId, fork.id, { limit: 1 });
    expect(copy).toMatchObject({ messages: [{ content: 'Later.' }] });
    expect((await one.branch(fork.id)).length).toBe((await one.branch(ID)).length);
  });

  it('is not read again where this process wrote it', async () => {
    await find(1);
    expect(measure.bytesRead).toBeLessThan(PIECE);
    const before = await find(10);
    await one.store.close();
    const again = one.on(await folder.open());
    expect(await again.conversations.find(one.ownerId, ID, { limit: 10 })).toEqual(before);
  });
});
