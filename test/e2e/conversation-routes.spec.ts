import { Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, type JsonAnswer } from '../support/http-client.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';
import {
  ALL,
  BRANCH,
  CHANGES,
  type ChangeRow,
  type Effect,
} from './conversation-routes/changes.js';
import { READS, sendRead, type Run } from './conversation-routes/reads.js';
import { Stage, Talk, textsOf, type RunningTurn } from './conversation-routes/stage.js';

const RUNS: readonly Run[] = ['alone', 'waiting', 'writing'];

const ENDED = ['generation.started running', 'generation.ended completed'];

const begin = (talk: Talk, run: Run): Promise<RunningTurn> | null =>
  run === 'alone' ? null : talk[run]();

/** The answer and the conversation after it, where what runs in it has not gone on. */
async function expectDone(talk: Talk, answer: JsonAnswer, effect: Effect, run: Run) {
  const { status, branch = BRANCH, all = ALL, chooses, shows, check } = effect;
  expect(answer.status).toBe(status);
  await check?.(answer, talk);
  const [after, every] = [await talk.read(), await talk.texts('?branch=all')];
  const more = run === 'writing' ? ' q3 …' : '';
  expect(textsOf(after.body)).toBe(branch + (chooses ? '' : more));
  expect(every).toBe(all + more);
  expect(after.body).toMatchObject(shows ?? {});
  if (answer.body.id === talk.id) {
    expect({ ...answer.body, messages: null }).toEqual({ ...after.body, messages: null });
    expect(textsOf(answer.body)).toBe(textsOf(after.body));
    expect(answer.headers.get('ETag')).toBe(after.headers.get('ETag'));
  }
}

/** The conversation once all has ended in it, and all that was told of it. */
async function expectEnded(talk: Talk, effect: Effect | null, run: Run) {
  const { branch = BRANCH, all = ALL, chooses, told = [], shows } = effect ?? {};
  const more = run === 'alone' ? '' : ' q3 a3';
  const [{ body }, every] = [await talk.read(), await talk.texts('?branch=all')];
  // What is chosen before the answer begins is left for the answer; what is chosen later stays.
  const path = chooses && run === 'waiting' ? BRANCH : branch;
  expect(textsOf(body)).toBe(path + (chooses && run === 'writing' ? '' : more));
  expect(every).toBe(all + more);
  expect(body).toMatchObject({
    ...shows,
    active_generation_id: null,
    message_count: body.messages.length,
    message_total: (all + more).split(' ').length,
  });
  const { events, revision } = await talk.told();
  const [started = '', ended = ''] = run === 'alone' ? [] : ENDED;
  const expected = run === 'writing' ? [started, ...told, ended] : [...told, started, ended];
  expect(events).toEqual(expected.filter((event) => event !== ''));
  expect(revision).toBe(body.revision);
}

async function expectGone(talk: Talk, turn: RunningTurn | null, run: Run) {
  expect(await talk.read()).toMatchObject({
    status: 404,
    body: { reason: 'conversation_not_found' },
  });
  if (turn) expect(await turn.end()).toMatchObject({ reason: 'conversation_deleted' });
  expect((await talk.told()).events).toEqual([
    ...(run === 'writing' ? ENDED.slice(0, 1) : []),
    'conversation.deleted',
  ]);
}

/** Whether it does something else while a turn runs. */
const dependsOnRun = ({ alone, waiting, writing }: ChangeRow): boolean =>
  Boolean(alone.chooses ?? alone.deletes ?? waiting ?? writing);

/** Sends a change to a worker while a turn runs on another or the same one, or none. */
async function change(stage: Stage, row: ChangeRow, base: string, run: Run) {
  const talk = await Talk.begin(stage);
  const turn = await begin(talk, run);
  const chats = stage.ollama.chats.length;
  const effect = (run === 'alone' ? null : row[run]) ?? row.alone;
  const answer = await row.send(talk, base);
  if (effect === 'busy') {
    expect(answer).toMatchObject({
      status: 409,
      body: { reason: 'conversation_busy', active_generation_id: expect.any(String) },
    });
    expect(answer.headers.get('Retry-After')).toBeTruthy();
    expect(stage.ollama.chats).toHaveLength(chats);
  } else if (effect.deletes) {
    expect(answer.status).toBe(effect.status);
    await expectGone(talk, turn, run);
    return;
  } else await expectDone(talk, answer, effect, run);
  await turn?.end();
  await expectEnded(talk, effect === 'busy' ? null : effect, run);
  if (effect !== 'busy' && effect.prompt !== undefined) {
    const asked = stage.ollama.chats.at(-1)?.body.messages;
    expect(asked.map(({ content }: { content: string }) => content).join(' ')).toBe(effect.prompt);
  }
}

/** Another device has changed the conversation since this one read it. */
async function changeStale(stage: Stage, row: ChangeRow, base: string) {
  const talk = await Talk.begin(stage);
  const newer = await talk.put({ pinned: true });
  const before = (await talk.read('?branch=all')).body;
  const chats = stage.ollama.chats.length;
  const refused = await row.send(talk, base, { 'If-Match': talk.etag });
  expect(refused).toMatchObject({
    status: 412,
    body: {
      code: 'PRECONDITION_FAILED',
      reason: 'conversation_changed',
      conversation: { id: talk.id, pinned: true, revision: newer.body.revision },
    },
  });
  const etag = newer.headers.get('ETag') ?? '';
  expect(refused.headers.get('ETag')).toBe(etag);
  expect((await talk.read('?branch=all')).body).toEqual(before);
  expect((await talk.told()).events).toEqual(['conversation.changed pinned']);
  expect(stage.ollama.chats).toHaveLength(chats);
  const done = await row.send(talk, base, { 'If-Match': etag });
  expect(done.status).toBe(row.alone.status);
}

/** A reader of the events on a worker is told a change as it happens. */
async function follow(stage: Stage, base: string, run: Run) {
  const talk = await Talk.begin(stage);
  const turn = await begin(talk, run);
  const reader = await StreamReader.open(`${base}/api/events`);
  expect((await reader.take(1))[0]?.data).toEqual({ type: 'ready' });
  const { body } = await talk.put({ title: 'T' });
  const [told] = await reader.take(1);
  expect(told?.data).toMatchObject({
    type: 'conversation.changed',
    changed: ['title'],
    revision: body.revision,
    conversation: { id: talk.id, title: 'T', revision: body.revision },
  });
  const ends = { alone: [], waiting: ENDED, writing: ENDED.slice(1) }[run];
  await turn?.end();
  const rest = await reader.take(ends.length);
  expect(rest.map(({ data }) => `${String(data.type)} ${String(data.status)}`)).toEqual(ends);
  reader.leave();
}

/** A tag that a turn expects is used up at once, before its first token. */
async function useUp(stage: Stage, base: string) {
  const talk = await Talk.begin(stage);
  const { ollama, here } = stage;
  const gate = new Gate();
  const chats = ollama.chats.length;
  ollama.next(script().wait(gate).tokens('a3').done());
  const known = { 'If-Match': talk.etag };
  const body = { message: 'q3', conversation_id: talk.id };
  const answering = postJson(`${here}/api/chat`, body, known);
  await ollama.chat(chats);
  expect(await talk.put({ title: 'T' }, known, base)).toMatchObject({ status: 412 });
  gate.open();
  expect((await answering).status).toBe(200);
  const { body: after } = await talk.read();
  expect([after.title, textsOf(after)]).toEqual(['q0', `${BRANCH} q3 a3`]);
}

/** The same for one worker and for requests to another one than that on which all is made and answered. */
function describeRoutes(makeStorage: () => Promise<TestStorage>, workers: 1 | 2): void {
  // What is the same whatever runs is tried on another worker once.
  const runsOf = (row: ChangeRow): readonly Run[] =>
    workers === 1 || dependsOnRun(row) ? RUNS : ['writing'];
  const tagged = CHANGES.filter((row) => !row.untagged && (workers === 1 || dependsOnRun(row)));
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start(makeStorage, workers);
    stage.ollama.always(script().tokens('b').done());
  });
  afterAll(() => stage.close());

  describe.each(RUNS)('GET (%s)', (run) => {
    let talk: Talk;
    let turn: RunningTurn | null;
    beforeAll(async () => {
      talk = await Talk.begin(stage);
      turn = await begin(talk, run);
    });
    afterAll(() => turn?.end());

    it.each(READS)('$route shows what there is', async (row) => {
      const { status, body } = await sendRead(row, talk, stage.there);
      expect(status).toBe(200);
      row.check(body, talk, run);
    });

    it('knows no message of another conversation', async () => {
      const other = await Talk.begin(stage);
      for (const id of ['unknown', other.ids.a1])
        for (const query of [`?branch=${id}`, `?before=${id}`])
          expect(await talk.read(query, {}, stage.there)).toMatchObject({
            status: 404,
            body: { reason: 'message_not_found' },
          });
    });
  });

  it.each(RUNS)('GET /api/history/{id} is not sent again to who has it (%s)', async (run) => {
    const talk = await Talk.begin(stage);
    const turn = await begin(talk, run);
    const { etag } = talk;
    const status = async (tag: string) =>
      (await talk.read('', { 'If-None-Match': tag }, stage.there)).status;
    expect(await status(etag)).toBe(run === 'alone' ? 304 : 200);
    await turn?.end();
    const newer = (await talk.put({ pinned: true })).headers.get('ETag') ?? '';
    expect([await status(etag), await status(newer)]).toEqual([200, 304]);
  });

  it.each(RUNS)('GET /api/history goes on behind a cursor (%s)', async (run) => {
    const talk = await Talk.begin(stage);
    const { here, there } = stage;
    const made = await postJson(`${here}/api/history`, { tags: [talk.tag] });
    const turn = await begin(talk, run);
    const page = async (base: string, query: string) =>
      getJson(`${base}/api/history?tag=${talk.tag}&limit=1&order=asc&${query}`);
    const first = (await page(here, 'sort=created_at')).body;
    await talk.put({ title: 'T' });
    const cursor = `cursor=${String(first.next_cursor)}`;
    const last = (await page(there, `sort=created_at&${cursor}`)).body;
    const ids = [first, last].map(({ conversations }) => conversations[0].id);
    expect(ids).toEqual([talk.id, made.body.id]);
    expect(last.next_cursor).toBeNull();
    const stale = await page(there, `sort=updated_at&${cursor}`);
    expect(stale).toMatchObject({ status: 400, body: { reason: 'validation' } });
    await turn?.end();
  });

  describe.each(CHANGES)('$route', (row) => {
    it.each(runsOf(row))('does what it says, once and for all (%s)', (run) =>
      change(stage, row, stage.there, run),
    );
  });

  it.each(tagged)('$route does nothing with a stale tag', (row) =>
    changeStale(stage, row, stage.there),
  );

  it('POST /api/chat uses a tag up before it is answered', () => useUp(stage, stage.there));

  it.each(RUNS)('GET /api/events tells what happens (%s)', (run) =>
    follow(stage, stage.there, run),
  );

  it('GET /api/events begins anew with a cursor of another life', async () => {
    const reader = await StreamReader.open(`${stage.there}/api/events?after=99999999-0123abcd`);
    expect((await reader.take(2)).map(({ data }) => data.type)).toEqual(['reset', 'ready']);
    reader.leave();
  });
}

describeOnEveryStore('the routes of a conversation', (makeStorage) =>
  describeRoutes(makeStorage, 1),
);

describeOnSharedStores('the routes of a conversation on another worker', (makeStorage) =>
  describeRoutes(makeStorage, 2),
);
