/**
 * The goals, and how their figures are read from what was measured.
 *
 * @typedef {import('./medians.mjs').Medians} Medians
 *
 * @typedef {object} Metric
 * @property {number} goal
 * @property {string} title
 * @property {string} aim in words
 * @property {(of: Medians, subject: string) => number} value
 * @property {number} digits
 * @property {(ours: number, references: { raw: number, book: number }) => boolean} [reached]
 * @property {boolean} [more] whether more is better; for the comparison between storages
 */

/** @param {string} scenario @param {string} value @returns {Metric['value']} */
const read = (scenario, value) => (of, subject) => of.value(scenario, subject, value);

/** @type {Metric[]} */
export const METRICS = [
  {
    goal: 1,
    title: 'added first token p50, 1 client, ms',
    aim: '≤ 1.5× raw',
    value: read('first-token', 'addedFirstP50Ms'),
    digits: 2,
    reached: (ours, { raw }) => ours <= 1.5 * raw,
  },
  {
    goal: 2,
    title: 'added token gap p99, 200 streams, ms',
    aim: '≤ +3 ms',
    value: read('tokens-200', 'addedGapP99Ms'),
    digits: 1,
    reached: (ours) => ours <= 3,
  },
  {
    goal: 3,
    title: 'CPU a token, 50 streams, µs',
    aim: '≤ 1.2× raw',
    value: read('tokens-50', 'cpuUsPerToken'),
    digits: 0,
    reached: (ours, { raw }) => ours <= 1.2 * raw,
  },
  {
    goal: 3,
    title: 'CPU a token, 200 streams, µs',
    aim: '≤ 1.2× raw',
    value: read('tokens-200', 'cpuUsPerToken'),
    digits: 0,
    reached: (ours, { raw }) => ours <= 1.2 * raw,
  },
  {
    goal: 3,
    title: 'bytes a token, 50 streams',
    aim: '–',
    value: read('tokens-50', 'bytesPerToken'),
    digits: 0,
  },
  {
    goal: 4,
    title: 'streams held at 20 ms, none lost, no gap over 200 ms',
    aim: '≥ 0.8× raw, ≥ 3× by the book',
    value: read('capacity', 'streams'),
    digits: 0,
    reached: (ours, { raw, book }) => ours > 0 && ours >= 0.8 * raw && ours >= 3 * book,
    more: true,
  },
  {
    goal: 5,
    title: 'plain answers a second',
    aim: '≥ 0.5× raw, ≥ 4× by the book',
    value: read('answers', 'perSecond'),
    digits: 0,
    reached: (ours, { raw, book }) => ours >= 0.5 * raw && ours >= 4 * book,
    more: true,
  },
  {
    goal: 6,
    title: 'memory a held stream, kB',
    aim: '≤ 1.5× raw',
    value: read('memory', 'kilobytesPerStream'),
    digits: 0,
    reached: (ours, { raw }) => ours <= 1.5 * raw,
  },
  {
    goal: 6,
    title: 'memory after all have gone, × idle',
    aim: '≤ 1.2×',
    value: read('memory', 'afterOverIdle'),
    digits: 2,
    reached: (ours) => ours <= 1.2,
  },
  {
    goal: 7,
    title: 'client gone → model’s connection closed, p99, ms',
    aim: '≤ 50 ms',
    value: read('aborts', 'closeP99Ms'),
    digits: 1,
    reached: (ours) => ours <= 50,
  },
  {
    goal: 7,
    title: 'model’s connections that outlived their client',
    aim: '0',
    value: (of, subject) =>
      of.value('aborts', subject, 'leftOpen') + of.value('aborts', subject, 'ranToTheirEnd'),
    digits: 0,
    reached: (ours) => ours === 0,
  },
  {
    goal: 7,
    title: 'sockets left open in the service by the aborts',
    aim: '0, an idle one kept aside',
    value: (of, subject) => Math.max(0, of.value('aborts', subject, 'socketsLeft')),
    digits: 0,
    reached: (ours) => ours <= 2,
  },
  {
    goal: 7,
    title: 'living timers left by the aborts',
    aim: '0, but for housekeeping',
    value: (of, subject) => Math.max(0, of.value('aborts', subject, 'timersLeft')),
    digits: 0,
    reached: (ours) => ours <= 10,
  },
  {
    goal: 7,
    title: 'bystanders cut, of 10',
    aim: '0',
    value: read('aborts', 'bystandersCut'),
    digits: 0,
    reached: (ours) => ours === 0,
  },
];

/**
 * Goal 10: what logs and limits cost.
 *
 * @param {Medians} of
 */
export function overhead(of) {
  const on = read('answers', 'perSecond')(of, 'ours-memory');
  const off = read('answers', 'perSecond')(of, 'ours-bare');
  const cpuOn = read('tokens-50', 'cpuUsPerToken')(of, 'ours-memory');
  const cpuOff = read('tokens-50', 'cpuUsPerToken')(of, 'ours-bare');
  return { requests: 1 - on / off, token: cpuOn / cpuOff - 1 };
}
