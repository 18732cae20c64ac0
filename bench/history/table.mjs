import { table } from '../report/markdown.mjs';

/**
 * @typedef {object} HistoryResult
 * @property {string} database
 * @property {number} depth
 * @property {number} conversations
 * @property {Record<string, number>} medians microseconds a call
 * @property {number} foreign share of the core that others took
 *
 * @typedef {object} Ratio
 * @property {string} title
 * @property {string} ours
 * @property {string} against
 * @property {number} goal
 */

/** Goal 8. @type {Ratio[]} */
const RATIOS = [
  {
    title: 'depth against page 1',
    ours: 'page at depth, ours',
    against: 'page 1, ours',
    goal: 1.3,
  },
  {
    title: 'middle against page 1',
    ours: 'page in the middle, ours',
    against: 'page 1, ours',
    goal: 1.3,
  },
  {
    title: 'append against plain driver, three commits',
    ours: 'append a turn, ours',
    against: 'append by hand, claimed and ended',
    goal: 1.5,
  },
  {
    title: 'append against plain driver, the same writes',
    ours: 'append a turn, ours',
    against: 'append by hand, the same writes',
    goal: 1.5,
  },
  {
    title: 'read against plain driver',
    ours: 'read newest 50, ours',
    against: 'read newest 50, by hand',
    goal: 1.5,
  },
];

const FOREIGN_BOUND = 0.1;

/**
 * @param {{ date: string, machine: Record<string, unknown>, messages: number, results: HistoryResult[] }} run
 */
export function historyTable({ date, machine, messages, results }) {
  const names = Object.keys(results[0]?.medians ?? {});
  const heads = results.map(({ database }) => database);
  return [
    `# History of ${messages.toLocaleString('en')} messages, ${date}`,
    '',
    ...Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`),
    ...results.map(sizeLine),
    '',
    ...table([
      ['µs a call, median', ...heads],
      ...names.map((name) => [
        name,
        ...results.map(({ medians }) => (medians[name] ?? NaN).toFixed(0)),
      ]),
    ]),
    '',
    ...table([
      ['goal 8', 'goal', ...heads],
      ...RATIOS.map((ratio) => [
        ratio.title,
        `≤ ${ratio.goal}×`,
        ...results.map((one) => shown(one, ratio)),
      ]),
    ]),
    '',
    'Goal 9, search: no search in the API.',
    '',
  ].join('\n');
}

/** @param {HistoryResult} result */
function sizeLine({ database, conversations, depth, foreign }) {
  const busy =
    foreign > FOREIGN_BOUND
      ? `; VOID: others took ${(foreign * 100).toFixed(0)} % of the core`
      : '';
  return `- ${database}: ${conversations} conversations, far page at ${depth}${busy}`;
}

/** @param {HistoryResult} result @param {Ratio} ratio */
function shown({ medians }, { ours, against, goal }) {
  const ratio = (medians[ours] ?? NaN) / (medians[against] ?? NaN);
  return `${ratio.toFixed(2)}×, ${ratio <= goal ? 'yes' : 'no'}`;
}
