import { postJson, sendJson, type JsonAnswer } from '../../support/http-client.js';
import { StreamReader } from '../../support/stream-reader.js';
import { textsOf, type Headers, type Talk } from './stage.js';

/** What a request does to its conversation. What is left out stays as it was. */
export interface Effect {
  status: number;
  /** The active branch after it, without a turn that runs. */
  branch?: string;
  /** Every message after it, without a turn that runs. */
  all?: string;
  /** It chooses the active branch. */
  chooses?: boolean;
  /** The conversation is gone. */
  deletes?: boolean;
  /** What is told of the conversation. */
  told?: string[];
  /** A part of the conversation after it. */
  shows?: object;
  /** What the model was asked. */
  prompt?: string;
  /** What else its answer says. */
  check?: (answer: JsonAnswer, talk: Talk) => void | Promise<void>;
}

/** A route that changes a conversation or copies it. */
export interface ChangeRow {
  route: string;
  send: (talk: Talk, base: string, headers?: Headers) => Promise<JsonAnswer>;
  alone: Effect;
  /** What it does while a turn waits for its first token, and while an answer is written; left out: the same. */
  waiting?: Effect | 'busy';
  writing?: Effect | 'busy';
  /** It takes no `If-Match`. */
  untagged?: boolean;
}

export const BRANCH = 's q0 a0 q2 a2';
export const ALL = 's q0 a0 q1 a1 q2 a2';

const put = (name: string, value: unknown, alone: Partial<Effect>): ChangeRow => ({
  route: `PUT /api/history/{id} ${name}`,
  send: (talk, base, headers) => talk.put({ [name]: value }, headers, base),
  alone: { status: 200, told: [`conversation.changed ${name}`], ...alone },
});

const setting = (name: string, value: unknown, shown = value): ChangeRow =>
  put(name, value, { shows: { [name]: shown } });

const SETTINGS: ChangeRow[] = [
  put('title', 'T', { shows: { title: 'T', title_by: 'user' } }),
  put('system', 't', {
    branch: BRANCH.replace('s', 't'),
    all: ALL.replace('s', 't'),
    shows: { system: 't' },
  }),
  setting('model', 'llama2:latest'),
  setting('parameters', { temperature: 0.1 }),
  setting('tags', [' b ', 'b', 'c'], ['b', 'c']),
  setting('pinned', true),
  setting('archived', true),
  {
    route: 'PUT /api/history/{id} active_message_id',
    send: (talk, base, headers) => talk.put({ active_message_id: talk.ids.q1 }, headers, base),
    alone: {
      status: 200,
      branch: 's q0 a0 q1 a1',
      chooses: true,
      told: ['conversation.changed active_message_id'],
    },
  },
];

const remove = (talk: Talk, base: string, headers: Headers = {}, path = ''): Promise<JsonAnswer> =>
  sendJson('DELETE', `${base}/api/history/${talk.id}${path}`, undefined, headers);

const DELETIONS: ChangeRow[] = [
  {
    route: 'DELETE /api/history/{id}',
    send: remove,
    alone: { status: 200, deletes: true, told: ['conversation.deleted'] },
  },
  {
    route: 'DELETE /api/history/{id}/messages/{message}',
    send: (talk, base, headers) => remove(talk, base, headers, `/messages/${talk.ids.q2}`),
    alone: {
      status: 200,
      // The newest message that is left below the parent is the end now.
      branch: 's q0 a0 q1 a1',
      all: 's q0 a0 q1 a1',
      told: ['conversation.changed messages'],
      check: ({ body }) => expect(body).toMatchObject({ deleted: 2 }),
    },
    waiting: 'busy',
    writing: 'busy',
  },
];

/** A copy has new ids, and is told as a new conversation. */
const isCopy =
  (texts: string) =>
  async ({ body, headers }: JsonAnswer, talk: Talk): Promise<void> => {
    expect(textsOf(body)).toBe(texts);
    expect(body.forked_from.conversation_id).toBe(talk.id);
    expect(headers.get('Location')).toBe(`/api/history/${body.id}`);
    const originals: string[] = Object.values(talk.ids);
    for (const { id } of body.messages) expect(originals).not.toContain(id);
    expect((await talk.told(body.id)).events).toEqual(['conversation.created']);
  };

const fork = (talk: Talk, base: string, headers: Headers | undefined, body?: object) =>
  postJson(`${base}/api/history/${talk.id}/fork`, body, headers);

const COPIES: ChangeRow[] = [
  {
    route: 'POST /api/history/{id}/fork message_id',
    send: (talk, base, headers) => fork(talk, base, headers, { message_id: talk.ids.a1 }),
    alone: { status: 201, check: isCopy('s q0 a0 q1 a1') },
  },
  {
    route: 'POST /api/history/{id}/fork',
    send: (talk, base, headers) => fork(talk, base, headers),
    alone: { status: 201, check: isCopy(BRANCH) },
    writing: 'busy',
  },
  {
    route: 'POST /api/history',
    send: (_talk, base) => postJson(`${base}/api/history`, { title: 'T', system: 's' }),
    alone: {
      status: 201,
      check: async ({ body }, talk) => {
        expect(body).toMatchObject({ title: 'T', revision: 1, active_message_id: null });
        expect(textsOf(body)).toBe('s');
        expect((await talk.told(body.id)).events).toEqual(['conversation.created']);
      },
    },
    untagged: true,
  },
];

/** A stream's answer is its last event. */
async function stream(url: string, body: object, headers?: Headers): Promise<JsonAnswer> {
  const reader = await StreamReader.post(url, body, headers);
  const last = (await reader.rest()).at(-1);
  const { status, headers: received } = reader.response;
  return { status, headers: received, body: last?.data ?? JSON.parse(reader.raw) };
}

const turn = (
  path: string,
  what: string,
  body: (talk: Talk) => object,
  alone: Partial<Effect>,
): ChangeRow => ({
  route: `POST ${path} ${what}`,
  send: (talk, base, headers) => {
    const send = path.endsWith('stream') ? stream : postJson;
    return send(`${base}${path}`, { conversation_id: talk.id, ...body(talk) }, headers);
  },
  alone: {
    status: 200,
    told: ['generation.started running', 'generation.ended completed'],
    ...alone,
  },
  waiting: 'busy',
  writing: 'busy',
});

/** The model answers all that has no script of its own with `b`. */
const TURNS = ['/api/chat', '/api/chat/stream'].flatMap((path) => [
  turn(path, 'parent_id', ({ ids }) => ({ message: 'r1', parent_id: ids.a0 }), {
    branch: 's q0 a0 r1 b',
    all: `${ALL} r1 b`,
    prompt: 's q0 a0 r1',
  }),
  turn(path, 'regenerate', ({ ids }) => ({ regenerate: true, parent_id: ids.q1 }), {
    branch: 's q0 a0 q1 b',
    all: `${ALL} b`,
    prompt: 's q0 a0 q1',
    check: ({ body }, { ids }) => expect(body.parent_id).toBe(ids.q1),
  }),
]);

export const CHANGES: ChangeRow[] = [...SETTINGS, ...DELETIONS, ...COPIES, ...TURNS];
