import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const TITLE = `# Matrix

What \`npm run test:matrix\` found when it last ran, a section for each of its parts.
`;

/**
 * Puts the table of one section into the report, in place of its earlier one.
 *
 * @param {string} file
 * @param {{ name: string, title: string, note: string, head: string[], rows: string[][] }} section
 */
export function writeSection(file, { name, title, note, head, rows }) {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const text = [start, '', `## ${title}`, '', note, '', table(head, rows), '', end].join('\n');
  const report = existsSync(file) ? readFileSync(file, 'utf8') : TITLE;
  const at = report.indexOf(start);
  const whole =
    at < 0
      ? `${report}\n${text}\n`
      : report.slice(0, at) + text + report.slice(report.indexOf(end) + end.length);
  writeFileSync(file, whole);
}

/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return ['<!-- prettier-ignore -->', ...lines.map((cells) => `| ${cells.join(' | ')} |`)].join(
    '\n',
  );
}
