import { readFileSync, writeFileSync } from 'node:fs';
import { METRICS } from './goals.mjs';
import { table } from './markdown.mjs';

/**
 * Puts the ratios of a run on top of `RESULTS.md`. Absolute figures are the machine's; ratios last.
 *
 * @param {string} file
 * @param {import('./markdown.mjs').Report} report
 * @param {import('./medians.mjs').Medians} of
 * @param {string[]} further lines below the table
 */
export function record(file, report, of, further) {
  const marker = '<!-- runs -->\n';
  const [head = '', rest = ''] = readFileSync(file, 'utf8').split(marker);
  const { cores, node, platform, pinning } = report.machine;
  const section = [
    `\n## ${report.date.slice(0, 10)}`,
    '',
    `${cores} cores, ${platform}, Node ${node}; ${pinning}; medians of ${report.options.rounds} rounds.`,
    '',
    ...table([['#', 'metric, ours over raw Node', 'goal', ...TITLES, 'by the book'], ...rows(of)]),
    '',
    ...further,
  ].join('\n');
  writeFileSync(file, `${head}${marker}${section}${rest}`);
}

const OURS = ['ours-memory', 'ours-sqlite', 'ours-postgres'];
const TITLES = ['memory', 'SQLite', 'PostgreSQL'];

/** @param {import('./medians.mjs').Medians} of */
function rows(of) {
  return METRICS.filter(
    ({ goal, title }) => goal !== 7 && goal !== 2 && !title.includes('× idle'),
  ).map(({ goal, title, aim, value }) => {
    const raw = value(of, 'raw');
    const ratio = (/** @type {string} */ subject) => {
      const found = value(of, subject) / raw;
      return Number.isFinite(found) ? `${found.toFixed(2)}×` : '–';
    };
    return [String(goal), title, aim, ...OURS.map(ratio), ratio('book')];
  });
}
