import { SECTIONS } from './schema/index.js';
import type { Variable } from './variable.js';

const WIDTH = 96;
export const TABLE_START = '<!-- config:start -->';
export const TABLE_END = '<!-- config:end -->';

/**
 * The text of `.env.example`: every variable with its default, commented out, so that a copy of it
 * changes nothing until a line is meant.
 */
export function renderEnvExample(): string {
  const head = [
    'Copy this file to .env and remove the # before what you want to change. A line that stays',
    'commented out, or is empty, keeps its default. The environment wins over this file.',
    'Written from the schema in src/config by `npm run config:sync`.',
  ];
  const sections = SECTIONS.map(({ title, variables }) =>
    [`# ---- ${title} ----`, ...variables.map(envEntry)].join('\n\n'),
  );
  return `${head.map((line) => `# ${line}`).join('\n')}\n\n${sections.join('\n\n')}\n`;
}

function envEntry(variable: Variable<unknown>): string {
  const { name, description, defaultText, example, fallback, expects } = variable;
  const text = plain(`${description} Expects ${expects}.`);
  const unset = fallback === null && defaultText ? [plain(`Default: ${defaultText}.`)] : [];
  const value = fallback === null ? (example ?? '') : (defaultText ?? '');
  const comments = [...wrap(text), ...unset].map((line) => `# ${line}`);
  return [...comments, `#${name}=${value}`].join('\n');
}

/** The README's tables of configuration, one a section, with the markers they stand between. */
export function renderConfigTable(): string {
  const sections = SECTIONS.map(({ title, variables }) => {
    const rows = variables.map((variable) => `| ${tableCells(variable).join(' | ')} |`);
    const head = ['| variable | default | values | meaning |', '| --- | --- | --- | --- |'];
    return [`**${title}**`, '', ...head, ...rows].join('\n');
  });
  // Prettier would pad every cell to the longest of its column.
  const body = ['<!-- prettier-ignore-start -->', ...sections, '<!-- prettier-ignore-end -->'];
  return [TABLE_START, ...body, TABLE_END].join('\n\n');
}

function tableCells(variable: Variable<unknown>): string[] {
  const { name, description, defaultText, fallback, expects } = variable;
  const literal = fallback === null ? (defaultText ?? 'not set') : `\`${defaultText ?? ''}\``;
  return [`\`${name}\``, literal, expects, description].map(tableCell);
}

/** Escapes what Markdown would read, outside of code. */
function tableCell(text: string): string {
  const parts = text.replaceAll('|', '\\|').split('`');
  return parts
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/[*<]/g, '\\$&') : part))
    .join('`');
}

/**
 * A document with its tables brought up to date.
 *
 * @throws Error when the document lacks the two markers
 */
export function withConfigTable(document: string): string {
  const start = document.indexOf(TABLE_START);
  const end = document.indexOf(TABLE_END);
  if (start < 0 || end < start) throw new Error('The markers of the configuration are missing');
  const after = document.slice(end + TABLE_END.length);
  return document.slice(0, start) + renderConfigTable() + after;
}

const plain = (markdown: string): string => markdown.replaceAll('`', '');

/** Breaks a sentence into lines at spaces. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}
