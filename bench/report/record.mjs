import { readFileSync, writeFileSync } from 'node:fs';
import { METRICS } from './goals.mjs';
import { overheadLines, table } from './markdown.mjs';

/**
 * Puts the ratios of a run on top of `RESULTS.md`. Absolute figures depend on the machine; ratios
 * are comparable.
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
    `${cores} cores, ${platform}, Node ${node}; ${pinning}; ${roundsOf(report.options)}.`,
    '',
    ...measuredTable(rows(of)),
    ...overheadLines(of),
    '',
    ...further,
  ].join('\n');
  writeFileSync(file, `${head}${marker}${section}${rest}`);
}

/** @param {{ rounds: number }} options */
function roundsOf({ rounds }) {
  return rounds === 1 ? 'one round' : `medians of ${rounds} rounds`;
}

/** None where only the plot was measured. @param {string[][]} measured */
function measuredTable(measured) {
  if (measured.length === 0) return [];
  const head = ['#', 'metric: over raw Node, or the figure', 'goal', ...TITLES, 'by the book'];
  return [...table([head, ...measured]), ''];
}

const OURS = ['ours-memory', 'ours-sqlite', 'ours-postgres'];
const TITLES = ['memory', 'SQLite', 'PostgreSQL'];

/** For these the figure itself is recorded, because raw Node has none or a meaningless one. */
const FIGURES = [2, 7];

/** @param {import('./medians.mjs').Medians} of */
function rows(of) {
  return METRICS.filter(({ value }) => !Number.isNaN(value(of, 'ours-memory'))).map((metric) => {
    const { goal, title, aim, value, digits } = metric;
    const absolute = FIGURES.includes(goal) || (aim.startsWith('≤ 1.2×') && title.includes('idle'));
    const shown = (/** @type {string} */ subject) => {
      const found = absolute ? value(of, subject) : value(of, subject) / value(of, 'raw');
      if (!Number.isFinite(found)) return '–';
      return absolute ? found.toFixed(digits) : `${found.toFixed(2)}×`;
    };
    const name = absolute ? title : title.replace(/, (ms|µs|kB)$/, '');
    return [String(goal), name, aim, ...OURS.map(shown), shown('book')];
  });
}
