import { SECTIONS } from './schema/index.js';
import type { Variable } from './variable.js';

const WIDTH = 96;

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
  const { name, description, defaultText, example, expects } = variable;
  const text = plain(`${description} Expects ${expects}.`);
  const unset = variable.optional && defaultText ? [plain(`Default: ${defaultText}.`)] : [];
  const value = variable.optional ? (example ?? '') : (defaultText ?? '');
  const comments = [...wrap(text), ...unset].map((line) => `# ${line}`);
  return [...comments, `#${name}=${value}`].join('\n');
}

/** The text of docs/configuration.md: how settings are given, and every one there is. */
export function renderConfigPage(): string {
  const sections = SECTIONS.map(({ title, variables }) => {
    const rows = variables.map((variable) => `| ${tableCells(variable).join(' | ')} |`);
    const head = ['| variable | default | values | meaning |', '| --- | --- | --- | --- |'];
    return [`## ${title}`, '', ...head, ...rows].join('\n');
  });
  // Prettier would pad every cell to the longest of its column.
  const tables = ['<!-- prettier-ignore-start -->', ...sections, '<!-- prettier-ignore-end -->'];
  return `${[HEAD, ...tables].join('\n\n')}\n`;
}

const HEAD = `# Configuration

Every setting there is. This page is written from the schema in \`src/config\` by \`npm run config:sync\`, as is [.env.example](../.env.example), which is ready to be copied to \`.env\`.

## How settings are given

The environment wins over the file \`.env\` in the working folder, that over the configuration file, that over the defaults. The configuration file is YAML or JSON: the one that \`CONFIG_FILE\` names, else \`./config.yaml\` if it is there. A setting may stand in it under its own name, or nested: \`ollama: {base_url: …}\` is \`OLLAMA_BASE_URL\`.

A wrong value stops the start with exit code 1 and a line for each wrong setting: its name, what is expected, where it was set, never the value of a secret.

- An empty value is unset. So are \`None\` and \`null\` where there is no default, but for settings that guard something (\`API_KEYS\`, \`MODEL_ALLOW\`): there they are refused, since they may stand where a secret was lost.
- Truth values are \`true\`, \`yes\`, \`on\`, \`1\` and their opposites, in any case; so are words such as \`INFO\`.
- One pair of quotation marks around a value is taken off, wherever it is set: Docker's \`--env-file\` leaves it in.
- In \`.env\` a \`#\` begins a comment at the beginning of a line and behind white space. Anywhere else it belongs to the value.
- Lists are separated by commas; in YAML and JSON they may be lists.
- Paths are relative to the working folder; folders are made. \`~/\` and \`$HOME/\` at the beginning are the user's own folder; nothing else of a shell is replaced, and what looks like it is refused.
- Secrets can be read from files (\`API_KEYS_FILE\`, \`HISTORY_DB_URL_FILE\`, …), as Docker and Kubernetes mount them.
- \`.env\`, the configuration file and the files of secrets are UTF-8, or UTF-16 with a byte order mark, as Windows' tools write it. Anything else is refused by name.
- \`API_PORT=tcp://…\`, which Kubernetes injects for a Service named \`api\`, is ignored with a warning. So is a name that is nearly one of these.`;

function tableCells(variable: Variable<unknown>): string[] {
  const { name, description, defaultText, expects } = variable;
  const literal = variable.optional ? (defaultText ?? 'not set') : `\`${defaultText ?? ''}\``;
  return [`\`${name}\``, literal, expects, description].map(tableCell);
}

/** Escapes what Markdown would read, outside of code. */
function tableCell(text: string): string {
  const parts = text.replaceAll('|', '\\|').split('`');
  return parts
    .map((part, index) => (index % 2 === 0 ? part.replaceAll(/[*<]/g, '\\$&') : part))
    .join('`');
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
