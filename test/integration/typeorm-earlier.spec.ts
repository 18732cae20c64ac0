import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SchemaMigrations } from '../../src/store/typeorm/schema-migrations.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, newestFirst, Scene, T0 } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { openSqlite } from '../support/sqlite.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

type Row = Record<string, string | number>;

interface EarlierConversation {
  id: string;
  messageCount: number;
  messages: { id: string }[];
}

/**
 * What the last release without branches wrote, with generations that ran when its process was killed; and
 * what it read of the conversations itself.
 */
const EARLIER = JSON.parse(
  readFileSync(new URL('../contract/earlier/sql-without-branches.json', import.meta.url), 'utf8'),
) as {
  tables: Record<string, Row[]>;
  read: Record<string, EarlierConversation>;
  list: { total: number; conversations: { id: string }[] };
};

/** As another process does: a SQLite file that nobody has open has no running generations once it is opened. */
function keepOpen({ target }: EmptyDatabase): () => void {
  if (target.kind !== 'sqlite') return () => undefined;
  const database = openSqlite(target.file);
  database.pragma('user_version');
  return () => database.close();
}

/** The first step of the schema that the release does not have. */
const FIRST_NEW_STEP = /^AddTrees/;

const BOOLEANS = ['upstream_closed', 'conversation_deleted', 'swept'];

function insertion(table: string, row: Row): string {
  const value = ([name, stored]: [string, string | number]) => {
    if (BOOLEANS.includes(name)) return `(1 = ${stored})`;
    return typeof stored === 'number' ? String(stored) : `'${stored.replaceAll("'", "''")}'`;
  };
  const values = Object.entries(row).map(value).join(', ');
  return `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${values})`;
}

for (const kind of SQL_KINDS)
  kind.describe(`a ${kind.name} database of a release without branches`, () => {
    let empty: EmptyDatabase;
    let store: TypeOrmStore;
    let one: Scene;
    let letGo: () => void;
    beforeEach(async () => {
      empty = await kind.make();
      const schema = new SchemaMigrations(empty.target, new RecordingLogger());
      await schema.run();
      for (let step = await schema.revert(); !FIRST_NEW_STEP.test(step ?? '');)
        step = await schema.revert();
      for (const [table, rows] of Object.entries(EARLIER.tables))
        for (const row of rows) await empty.query(insertion(table, row));
      letGo = keepOpen(empty);
      store = new TypeOrmStore(empty.target, new RecordingLogger());
      await store.open();
      one = new Scene(store, { ownerId: 'owner', workerId: 'dead-worker' });
    });
    afterEach(async () => {
      await store.close();
      letGo();
      await empty.dispose();
    });

    const texts = async (id: string, branch?: 'all') => {
      const window = { limit: 1000, ...(branch && { branch }) };
      const found = await one.conversations.find('owner', id, window);
      if (!found || typeof found === 'string') throw new Error(`No conversation: ${id}`);
      return found.messages.map(({ content }) => content).join(' ');
    };
    const idsOf = (id: string) => EARLIER.read[id]?.messages.map((message) => message.id) ?? [];
    const reap = () => one.reap(1, T0 + 90_000);

    it('reads as that release read it', async () => {
      for (const [id, { messages, ...head }] of Object.entries(EARLIER.read)) {
        const found = await one.conversation(id);
        const turns = found.messages.filter(({ role }) => role !== 'system');
        expect(found).toMatchObject({
          ...head,
          messageTotal: head.messageCount,
          branchLength: head.messageCount,
          activeMessageId: messages.at(-1)?.id,
          revision: 1,
          titleBy: 'message',
          system: found.messages[0]?.role === 'system' ? 's' : null,
        });
        expect(found.messages).toHaveLength(messages.length);
        expect(found.messages).toMatchObject(messages);
        expect(turns.map(({ parentId }) => parentId)).toEqual([
          id,
          ...turns.slice(0, -1).map((message) => message.id),
        ]);
        for (const message of found.messages) expect(message.siblings).toEqual([message.id]);
        const end = messages.at(-1)?.id ?? '';
        expect(await one.branch(id, { upTo: end })).toEqual(idsOf(id));
        expect(await one.branch(id, { through: turns[0]?.id ?? '' })).toContain(end);
        expect(await one.branch(id, 'all')).toEqual(idsOf(id));
      }
      const page = await one.conversations.list('owner', newestFirst({ archived: false }));
      expect(page).toMatchObject(EARLIER.list);
    });

    it('ends what ran when it was killed', async () => {
      expect(await reap()).toHaveLength(7);
      expect(await one.transcript('running')).toEqual([
        'user: q0 (complete)',
        'assistant: a0 (complete)',
        'user: q1 (complete)',
        'assistant: half (failed)',
      ]);
      expect(await one.transcript('staged')).toEqual(await one.transcript('running'));
      expect(await one.transcript('results')).toEqual([
        'user: q0 (complete)',
        'assistant: a0 (complete)',
        'tool: 21 (complete)',
        'user: q1 (complete)',
        'assistant: half (failed)',
      ]);
      expect(await texts('opening')).toBe('s q0 half');
      expect(await texts('opening-results')).toBe('s q0 q1 half');
      const lengths = { running: 4, staged: 4, results: 5, opening: 3, 'opening-results': 4 };
      for (const [id, count] of Object.entries(lengths))
        expect(await one.conversation(id)).toMatchObject({
          messageCount: count,
          messageTotal: count,
          activeGenerationId: null,
        });
    });

    it('makes a sibling of an answer that was to replace another', async () => {
      await reap();
      const again = await one.conversation('again');
      expect(await texts('again')).toBe('s q0 half');
      expect(await texts('again', 'all')).toBe('s q0 a0 half');
      expect(again).toMatchObject({ messageCount: 3, messageTotal: 4, revision: 2 });
      expect(again.messages[2]?.siblings).toEqual([idsOf('again')[2], again.activeMessageId]);
      // Before its first token nothing is changed.
      expect(await texts('again-unbegun')).toBe('s q0 a0');
      expect(await one.conversation('again-unbegun')).toMatchObject({
        messageCount: 3,
        messageTotal: 3,
        revision: 1,
      });
    });

    it('goes on in each conversation, also where the worker names its end', async () => {
      await reap();
      const { conversations } = await one.conversations.list('owner', newestFirst({}));
      expect(conversations).toHaveLength(9);
      for (const { id } of conversations) {
        const before = await texts(id);
        const { messageCount, messageTotal } = await one.conversation(id);
        for (const n of [1, 2]) {
          const { activeMessageId: parentId } = await one.conversation(id);
          const reply = await one.claimed(one.reply(id, { text: `q${n}` }));
          const { key, workerId } = reply;
          await one.generations.commitTurn(key, workerId, T0 + 1000, parentId);
          await one.finish(reply, { ...completed(`a${n}`), parentId });
        }
        expect(await texts(id)).toBe(`${before} q1 a1 q2 a2`);
        expect(await one.conversation(id)).toMatchObject({
          messageCount: messageCount + 4,
          messageTotal: messageTotal + 4,
        });
      }
    });

    it('answers again, goes to other branches, forks and deletes', async () => {
      const { conversations } = one;
      const [system = '', q0 = '', a0 = '', q1 = '', a1 = ''] = idsOf('whole');
      await one.answered(one.regeneration('whole', q1), 'b1');
      expect(await texts('whole')).toBe('s q0 a0 q1 b1');
      expect((await one.conversation('whole')).messages[4]?.siblings).toHaveLength(2);
      await one.answered(one.reply('whole', { text: 'r0', parentId: 'whole' }), 'c0');
      expect(await texts('whole')).toBe('s r0 c0');
      await one.answered(one.reply('whole', { text: 'q2', parentId: a1 }), 'a2');
      expect(await texts('whole')).toBe('s q0 a0 q1 a1 q2 a2');
      expect(await one.conversation('whole')).toMatchObject({ messageCount: 7, messageTotal: 10 });

      const fork = { messageId: a0, id: randomUUID(), createdAt: T0, newId: randomUUID };
      expect(await conversations.fork('owner', 'whole', fork, null)).toEqual({ outcome: 'forked' });
      expect(await texts(fork.id)).toBe('s q0 a0');
      const chosen = { activeMessageId: a1 };
      expect(await conversations.update('owner', 'whole', chosen, null)).toEqual({
        outcome: 'updated',
      });
      expect(await conversations.deleteMessage('owner', 'whole', q0, null)).toEqual({
        outcome: 'deleted',
        count: 7,
      });
      expect(await texts('whole')).toBe('s r0 c0');
      expect((await one.branch('whole'))[0]).toBe(system);

      const [first = ''] = idsOf('replaced');
      await one.answered(one.reply('replaced', { text: 'q2' }), 'a2');
      await one.answered(one.regeneration('replaced', first), 'c0');
      expect(await texts('replaced', 'all')).toBe('q0 b0 q1 a1 q2 a2 c0');
      expect(await one.conversation('replaced')).toMatchObject({
        messageCount: 2,
        messageTotal: 7,
      });
    });
  });
