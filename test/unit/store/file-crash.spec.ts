import { rm } from 'node:fs/promises';
import type { FeedEntry } from '../../../src/store/change-feed.js';
import type { Store } from '../../../src/store/store.js';
import { changesOf } from '../../contract/store/changes.js';
import {
  batch,
  completed,
  failed,
  newestFirst,
  said,
  Scene,
  T0,
  titled,
} from '../../contract/store/scene.js';
import { made, prompt } from '../../contract/store/settings.js';
import { statelessOf } from '../../contract/store/stateless.js';
import { mortal } from './dying-disk.js';
import { StoreFolder } from './folder.js';

/** Long after everything below. */
const FAR = T0 + 1_000_000;

/** Long enough a life for everything below. */
const FOREVER = 1_000_000;

/** A working day: each step is one call whose answer the client may have seen. */
function stepsOf(one: Scene): (() => Promise<unknown>)[] {
  const { generations, conversations, workerId, ownerId } = one;
  let ids = 0;
  const turn = (name: string, at: number) =>
    ({ key: `${name}-key`, id: name, messageId: `${name}-answer`, createdAt: T0 + at }) as const;
  const a = one.opening({ text: 'a?' }, { ...turn('a', 0), conversationId: 'talk' });
  const b = one.reply('talk', { text: 'b?' }, turn('b', 10_000));
  const c = { ...one.regeneration('talk', b.answerParentId), ...turn('c', 20_000) };
  const d = one.opening({ text: 'd?' }, { ...turn('d', 30_000), conversationId: 'nothing' });
  const e = one.opening(
    { text: 'e?', chatId: 'chat' },
    { ...turn('e', 40_000), conversationId: 'gone' },
  );
  const f = one.reply('talk', { text: 'f?' }, turn('f', 50_000));
  const append = (key: string, firstSeq: number, tokens: string[]) =>
    generations.append(workerId, [batch(key, firstSeq, tokens)]);
  const g = one.reply('made', { text: 'g?', title: 'g?' }, turn('g', 80_000));
  const fork = {
    messageId: 'a-answer',
    id: 'copy',
    createdAt: T0 + 80_000,
    newId: () => `copy-${ids++}`,
  };
  const h = one.reply('made', { text: 'h?' }, turn('h', 85_000));
  const i = one.reply('made', { text: 'i?' }, turn('i', 90_000));
  const j = statelessOf(one, { ...turn('j', 95_000), echo: '{}' });
  const kept = { isKept: true, echo: '{}' };
  const k = one.opening({ text: 'k?' }, { ...turn('k', 100_000), ...kept, conversationId: 'kept' });
  const l = one.reply('kept', { text: 'l?' }, { ...turn('l', 105_000), ...kept });
  const m = one.reply('kept', { text: 'o?' }, { ...turn('m', 115_000), ...kept });
  const added = [said('user', 'm?'), said('assistant', 'n?')];
  const keep = (key: string) => generations.commitTurn(key, workerId, T0 + 60_000);
  return [
    () => generations.claim(a),
    () => generations.setPhase(a.key, workerId, 'generating', T0 + 500),
    () => keep(a.key),
    () => append(a.key, 1, ['Good', ' day']),
    () => append(a.key, 3, ['!']),
    () => one.finish(a, completed('Good day!')),
    () => conversations.update(ownerId, 'talk', titled('Renamed'), null),
    () => one.store.changes.end(),
    () => generations.claim(b),
    () => append(b.key, 1, ['No']),
    () => one.finish(b, failed('No')),
    () => generations.claim(c),
    () => append(c.key, 1, ['Yes']),
    () => keep(c.key),
    () => one.finish(c, completed('Yes', T0 + 70_000)),
    () => generations.claim(d),
    () => one.finish(d, failed('', false)),
    () => generations.claim(e),
    () => keep(e.key),
    () => conversations.delete(ownerId, 'gone', null),
    () => one.finish(e, completed('')),
    () => generations.claim(f),
    () => generations.abandon(f.key, workerId),
    () => conversations.create(ownerId, made({ id: 'made', system: prompt('s'), tags: ['t'] })),
    () => generations.claim(g),
    () => one.finish(g, completed('g!', T0 + 82_000)),
    () => conversations.update(ownerId, 'made', { system: null, pinned: true }, null),
    () => one.store.changes.end(),
    () => generations.claim(h),
    () => keep(h.key),
    () => append(h.key, 1, ['h']),
    () => one.finish(h, failed('h', true, T0 + 88_000), null, 'record'),
    () => generations.claim(i),
    () => one.finish(i, failed('i', true, T0 + 92_000), null, 'record'),
    () => generations.claim(j),
    () => keep(j.key),
    () => append(j.key, 1, ['j']),
    () => one.finish(j, completed('j', T0 + 97_000)),
    () => conversations.update(ownerId, 'talk', { activeMessageId: 'b-answer' }, null),
    () => conversations.update(ownerId, 'talk', { system: prompt('s'), tags: ['u'] }, null),
    () => one.store.changes.end(),
    () => conversations.fork(ownerId, 'talk', fork, null),
    () => conversations.update(ownerId, 'talk', {}, null),
    () => conversations.deleteMessage(ownerId, 'talk', 'b-answer', null),
    () => conversations.deleteMessage(ownerId, 'talk', 'a-answer', null),
    () => conversations.delete(ownerId, 'talk', null),
    () => generations.claim(k),
    () => append(k.key, 1, ['k']),
    () => one.finish(k, completed('k', T0 + 102_000)),
    () => generations.claim(l),
    () => keep(l.key),
    () => append(l.key, 1, ['l']),
    () => one.finish(l, completed('l', T0 + 107_000)),
    () => conversations.update(ownerId, 'kept', { metadata: { a: '1' } }, null),
    () => conversations.append(ownerId, 'kept', added, T0 + 110_000),
    () => conversations.takeOut(ownerId, 'kept', ['k-answer', l.answerParentId]),
    () => generations.erase(l.key),
    () => conversations.takeOut(ownerId, 'kept', [k.answerParentId, 'l-answer']),
    () => generations.claim(m),
    () => append(m.key, 1, ['m']),
    () => one.finish(m, completed('m', T0 + 117_000)),
  ];
}

function told({ conversationId, revision, event }: FeedEntry): string {
  const { type } = event;
  if (type === 'conversation.changed') return `${type} ${conversationId} ${event.changed.join()}`;
  const more = 'status' in event ? `${event.generationId} ${event.status}` : '';
  return `${type} ${conversationId} ${revision} ${more}`;
}

/** All that a client can see, but for the times that depend on the clock. */
async function seen(store: Store, ownerId: string, start: string): Promise<string[]> {
  const one = new Scene(store, { ownerId });
  const page = await one.conversations.list(ownerId, newestFirst({ limit: 10, offset: 0 }));
  const { entries } = await changesOf(store, ownerId, start);
  // Between conversations the order is that of the times, which are not those of the steps here.
  const lines = entries.sort((a, b) => a.conversationId.localeCompare(b.conversationId)).map(told);
  for (const { id, title, messageCount, activeGenerationId, ...rest } of page.conversations)
    lines.push(
      `${id} "${title}" ${messageCount} ${activeGenerationId}`,
      `${id} ${rest.messageTotal} ${rest.revision} ${rest.tags.join()} ${rest.pinned}`,
      ...(await one.transcript(id)),
      `${id} all: ${(await one.branch(id, 'all')).length}`,
      ...(rest.disposable ? [`${id} disposable ${JSON.stringify(rest.metadata)}`] : []),
    );
  if (await one.conversations.wasDeleted(ownerId, 'gone')) lines.push('gone: a deleted chat');
  for (const id of 'abcdefghijklm'.match(/./g) ?? []) {
    const record = await one.generations.find(ownerId, id);
    if (!record) continue;
    const { status, response, committed: kept, conversationDeleted, echo } = record;
    lines.push(`${id}: ${status} "${response}" kept ${kept} deleted ${conversationDeleted}`);
    if (echo !== null) lines.push(`${id} echo ${echo}`);
  }
  return lines;
}

/** What is counted for an owner, whatever day it is of: what a dead process left ends at the next start. */
async function counted({ usage }: Store, ownerId: string): Promise<number[]> {
  const items = await usage.read(ownerId, { from: '2000-01-01', to: '2999-12-31' });
  const sum = (name: 'completed' | 'failed' | 'promptTokens' | 'completionTokens') =>
    items.reduce((total, item) => total + item[name], 0);
  return [sum('completed'), sum('failed'), sum('promptTokens'), sum('completionTokens')];
}

/** Takes steps until one fails; tells how many were answered. */
async function live(steps: (() => Promise<unknown>)[]): Promise<number> {
  for (const [taken, step] of steps.entries()) {
    const answered = await step().then(
      () => true,
      () => false,
    );
    if (!answered) return taken;
  }
  return steps.length;
}

describe('a process that dies', () => {
  const names = { ownerId: 'default', workerId: 'the-worker' };

  /** Lives through `count` steps or `changes` of files, dies, and shows what the next one finds. */
  async function afterDeath({ count = FOREVER, changes = FOREVER, sweeps = false }) {
    const folder = await StoreFolder.make();
    try {
      const life = { changes };
      const mortals = folder.store(mortal(life));
      const opened = await mortals.open().then(
        () => true,
        () => false,
      );
      const one = new Scene(mortals, names);
      const sweep = () => mortals.generations.sweep({ logsBefore: FAR, rowsBefore: FAR });
      const steps = [...stepsOf(one).slice(0, count), ...(sweeps ? [sweep] : [])];
      const answered = opened ? await live(steps) : 0;
      const spent = changes - life.changes;
      life.changes = 0;
      await mortals.close();

      // Its lock is another spec's matter: watching it at each of so many deaths would take minutes.
      await rm(folder.at('_lock'), { force: true });
      const next = await folder.open();
      const [start = ''] = await folder.names('changes');
      const found = await seen(next, names.ownerId, start.replace('.ndjson', ''));
      const usage = await counted(next, names.ownerId);
      const again = new Scene(next, { ownerId: names.ownerId });
      for (const id of await again.listed()) await again.claimed(again.reply(id));
      return { answered, spent, found, usage, files: await folder.names() };
    } finally {
      await folder.remove();
    }
  }

  it('leaves what was answered, and no answer unfinished', async () => {
    expect((await afterDeath({ count: 5 })).found).toEqual([
      'conversation.created talk 1 ',
      'generation.started talk 1 a running',
      'generation.ended talk 2 a failed',
      'talk "A title" 2 null',
      'talk 2 2  false',
      'user: a? (complete)',
      'assistant: Good day! (failed)',
      'talk all: 2',
      'a: failed "Good day!" kept true deleted false',
    ]);
    expect((await afterDeath({ count: 14 })).found).toEqual([
      'conversation.created talk 1 ',
      'generation.started talk 1 a running',
      'generation.ended talk 2 a completed',
      'conversation.changed talk title',
      'generation.started talk 4 b running',
      'generation.ended talk 4 b failed',
      'generation.started talk 5 c running',
      'generation.ended talk 6 c failed',
      'talk "Renamed" 4 null',
      'talk 5 6  false',
      'user: a? (complete)',
      'assistant: Good day! (complete)',
      'user: b? (complete)',
      'assistant: Yes (failed)',
      'talk all: 5',
      'a: completed "Good day!" kept true deleted false',
      'b: failed "No" kept true deleted false',
      'c: failed "Yes" kept true deleted false',
    ]);
    expect((await afterDeath({ count: 19 })).found).toContain(
      'e: failed "" kept true deleted false',
    );
    expect((await afterDeath({ count: 20 })).found).toContain(
      'e: failed "" kept true deleted true',
    );
  });

  it('leaves, at whatever write it dies, the state before or after the call it died in', async () => {
    const whole = await afterDeath({});
    const states = [];
    for (let count = 0; count <= whole.answered; count++) {
      const { found, usage } = await afterDeath({ count });
      states.push([...found, usage]);
    }
    expect([...whole.found, whole.usage]).toEqual(states.at(-1));

    for (let changes = 0; changes < whole.spent; changes++) {
      const { answered, found, usage, files } = await afterDeath({ changes });
      expect(states.slice(answered, answered + 2)).toContainEqual([...found, usage]);
      expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  }, 120_000);

  it('leaves the usage as it was, at whatever write of a sweep it dies', async () => {
    const { spent: before, usage, answered } = await afterDeath({});
    expect(usage).toEqual([8, 3, 132, 33]);
    const swept = await afterDeath({ sweeps: true });
    expect(swept.answered).toBe(answered + 1);
    for (let changes = before; changes <= swept.spent; changes++)
      expect((await afterDeath({ changes, sweeps: true })).usage).toEqual(usage);
    expect(swept.usage).toEqual(usage);
    // What is kept has its text in its message alone.
    expect(swept.found).toContain('m: completed "m" kept true deleted false');
  }, 120_000);
});
