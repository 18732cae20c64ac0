import { getJson, type JsonAnswer } from '../../support/http-client.js';
import { ALL, BRANCH } from './changes.js';
import { textsOf, type Talk } from './stage.js';

/** What goes on in a conversation: nothing, a turn before its first token, or an answer that is written. */
export type Run = 'alone' | 'waiting' | 'writing';

/** A route that reads. */
export interface ReadRow {
  route: string;
  query: (talk: Talk) => string;
  check: (body: any, talk: Talk, run: Run) => void;
}

/** The answer that is written is part of the active branch. */
const grown = (texts: string, run: Run) => (run === 'writing' ? `${texts} q3 …` : texts);

const reading = (
  route: string,
  query: (talk: Talk) => string,
  expected: (run: Run) => string,
): ReadRow => ({
  route: `GET /api/history/{id}${route}`,
  query: (talk) => `/${talk.id}${query(talk)}`,
  check: (body, _talk, run) => expect(textsOf(body)).toBe(expected(run)),
});

const onlyInList = ({ conversations: [found, ...others], total }: any, talk: Talk, run: Run) => {
  expect([total, others]).toEqual([1, []]);
  expect(found).toMatchObject({
    id: talk.id,
    message_count: run === 'writing' ? 7 : 5,
    message_total: run === 'writing' ? 9 : 7,
    revision: run === 'writing' ? talk.revision + 1 : talk.revision,
    active_generation_id: run === 'alone' ? null : expect.any(String),
  });
};

export const READS: ReadRow[] = [
  { route: 'GET /api/history', query: ({ tag }) => `?tag=${tag}`, check: onlyInList },
  {
    route: 'GET /api/history with every filter',
    query: ({ tag }) => `?tag=${tag}&archived=false&pinned=false&sort=created_at&order=asc`,
    check: onlyInList,
  },
  {
    route: 'GET /api/history with a filter that leaves nothing',
    query: ({ tag }) => `?tag=${tag}&archived=true`,
    check: (body) => expect(body).toMatchObject({ total: 0, conversations: [] }),
  },
  {
    route: 'GET /api/history/tags',
    query: () => '/tags',
    check: ({ tags }, { tag }) => expect(tags).toContainEqual({ tag, count: 1 }),
  },
  {
    route: 'GET /api/history/{id}',
    query: ({ id }) => `/${id}`,
    check: (body, { ids, revision }, run) => {
      expect(textsOf(body)).toBe(grown(BRANCH, run));
      const atA0 = [[ids.s], [ids.q0], [ids.a0], [ids.q1, ids.q2], [ids.a2]];
      expect(body.messages.slice(0, 5).map(({ siblings }: any) => siblings)).toEqual(atA0);
      expect(body).toMatchObject({
        active_message_id: run === 'writing' ? body.messages.at(-1).id : ids.a2,
        active_generation_id: run === 'alone' ? null : expect.any(String),
        revision: run === 'writing' ? revision + 1 : revision,
      });
    },
  },
  reading(
    '?branch=ID',
    ({ ids }) => `?branch=${ids.q1}`,
    () => 's q0 a0 q1 a1',
  ),
  reading(
    '?branch=all',
    () => '?branch=all',
    (run) => grown(ALL, run),
  ),
  reading(
    '?messages=',
    () => '?messages=2',
    (run) => (run === 'writing' ? 'q3 …' : 'q2 a2'),
  ),
  reading(
    '?before=',
    ({ ids }) => `?before=${ids.a1}&messages=2`,
    () => 'a0 q1',
  ),
  reading(
    '?before= along another branch',
    ({ ids }) => `?before=${ids.a2}&branch=${ids.a1}`,
    () => 's q0 a0 q2',
  ),
];

export const sendRead = (row: ReadRow, talk: Talk, base: string): Promise<JsonAnswer> =>
  getJson(`${base}/api/history${row.query(talk)}`);
