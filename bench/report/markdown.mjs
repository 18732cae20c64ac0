import { METRICS, overhead } from './goals.mjs';

/**
 * @typedef {import('./medians.mjs').Medians} Medians
 * @typedef {import('../subjects/subjects.mjs').Subject} Subject
 *
 * @typedef {object} Report
 * @property {string} date
 * @property {Record<string, unknown>} machine
 * @property {{ rounds: number, quick: boolean, keepVoid: boolean }} options
 * @property {Subject[]} subjects that were measured
 * @property {import('../run.mjs').Sample[]} samples
 */

const NONE = '–';

/**
 * The table of the goals, and what was void.
 *
 * @param {Report} report
 * @param {Medians} of
 */
export function markdown(report, of) {
  const columns = report.subjects.filter(
    ({ role, name }) => role !== 'direct' && name !== 'ours-bare',
  );
  return [
    `# Bench, ${report.date}`,
    '',
    ...Object.entries(report.machine).map(([name, value]) => `- ${name}: ${value}`),
    `- rounds: ${report.options.rounds}${report.options.quick ? ', quick: a first impression, no figures' : ''}`,
    ...(report.options.keepVoid
      ? ['- void measurements are counted: the values are not reliable']
      : []),
    '',
    ...goalTable(columns, of),
    '',
    ...overheadLines(of),
    '- goal 8 is measured by `npm run bench:history`; goal 9: no search in the API.',
    '',
    ...voidLines(report.samples),
    '',
  ].join('\n');
}

/** @param {Subject[]} columns @param {Medians} of */
export function goalTable(columns, of) {
  const measured = METRICS.filter((metric) =>
    columns.some(({ name }) => !Number.isNaN(metric.value(of, name))),
  );
  return table([
    ['#', 'metric', 'goal', ...columns.map(({ title }) => title), 'reached'],
    ...measured.map((metric) => [
      String(metric.goal),
      metric.title,
      metric.aim,
      ...columns.map(({ name }) => shown(metric, of, name)),
      verdict(metric, of),
    ]),
  ]);
}

/** The figure, and how it stands to raw Node's. @param {import('./goals.mjs').Metric} metric @param {Medians} of @param {string} subject */
function shown(metric, of, subject) {
  const value = metric.value(of, subject);
  if (Number.isNaN(value)) return NONE;
  const ratio = value / metric.value(of, 'raw');
  const text = value.toFixed(metric.digits);
  const compared = Number.isFinite(ratio) && ratio > 0 && subject !== 'raw' && metric.goal !== 7;
  return compared ? `${text} (${ratio.toFixed(2)}×)` : text;
}

/** @param {import('./goals.mjs').Metric} metric @param {Medians} of */
function verdict({ value, reached, more, digits }, of) {
  const ours = value(of, 'ours-memory');
  const raw = value(of, 'raw');
  const book = value(of, 'book');
  if (!reached || Number.isNaN(ours)) return NONE;
  const undecided = !reached(ours, { raw, book }) && (Number.isNaN(raw) || Number.isNaN(book));
  const words = [undecided ? NONE : reached(ours, { raw, book }) ? 'yes' : 'no'];
  for (const storage of ['sqlite', 'postgres']) {
    const other = value(of, `ours-${storage}`);
    if (Number.isNaN(other) || !(ours > 0)) continue;
    // Differences that the table does not show are ignored.
    const slack = 10 ** -digits;
    const near = more ? other * 1.3 + slack >= ours : other <= 1.3 * ours + slack;
    if (!near) words.push(`${storage} beyond 1.3× of memory`);
  }
  return words.join('; ');
}

/** What logs and limits cost, goal 10. @param {Medians} of */
export function overheadLines(of) {
  const { requests, token } = overhead(of);
  if (Number.isNaN(requests) && Number.isNaN(token)) return [];
  const percent = (/** @type {number} */ share) =>
    Number.isNaN(share) ? NONE : `${(share * 100).toFixed(1)} %`;
  return [
    `- goal 10: logs and limits cost ${percent(requests)} of plain answers (≤ 10 %) and ${percent(token)} CPU a token (≤ 5 %).`,
  ];
}

/** @param {import('../run.mjs').Sample[]} samples */
function voidLines(samples) {
  const voids = samples.filter((sample) => sample.void !== null);
  if (voids.length === 0) return ['No round was void.'];
  return [
    `Void: ${voids.length} of ${samples.length} measurements.`,
    '',
    ...voids.map((one) => `- round ${one.round}, ${one.scenario}, ${one.subject}: ${one.void}`),
  ];
}

/** @param {string[][]} rows the first is the head */
export function table(rows) {
  const [head = [], ...body] = rows;
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index < 3 ? '---' : '--:'));
  return [line(head), line(rule), ...body.map(line)];
}
