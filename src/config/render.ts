import { SECTIONS } from './schema/index.js';
import type { Variable } from './variable.js';

const WIDTH = 96;

/**
 * The text of `.env.example`: every variable with its default, commented out, so that an unchanged
 * copy has no effect.
 */
export function renderEnvExample(): string {
  const head = [
    'Copy this file to .env and remove the # of the settings that you want to change. A line ' +
      'that is',
    'commented out or empty keeps its default. The environment takes precedence over this file.',
    'Generated from the schema in src/config by `npm run config:sync`.',
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

/** The text of docs/configuration.md: how to set variables, and all of them. */
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

All settings. This page is generated from the schema in \`src/config\` by \`npm run config:sync\`, as is [.env.example](../.env.example), which you can copy to \`.env\`.

## How to set them

A setting is taken from the first of these that has it: the environment, the file \`.env\` in the working folder, the configuration file, the defaults. The configuration file is YAML or JSON: the one that \`CONFIG_FILE\` names, else \`./config.yaml\` if it exists. In it a setting has its own name, or is nested: \`ollama: {base_url: …}\` is \`OLLAMA_BASE_URL\`.

A wrong value stops the start with exit code 1 and one line per wrong setting: its name, the expected value, where it was set, never the value of a secret.

- An empty value means unset. So do \`None\` and \`null\` for settings without a default, except security settings (\`API_KEYS\`, \`MODEL_ALLOW\`): there they are refused, since a failed substitution of a secret may have produced them.
- Boolean values are \`true\`, \`yes\`, \`on\`, \`1\` and their opposites, in upper or lower case; the case of words such as \`INFO\` does not matter either.
- One pair of quotation marks around a value is removed in every source: Docker's \`--env-file\` does not remove it.
- In \`.env\` a \`#\` begins a comment at the beginning of a line and after white space. Anywhere else it belongs to the value.
- Lists are separated by commas; in YAML and JSON they may be lists.
- Paths are relative to the working folder; missing folders are created. \`~/\` and \`$HOME/\` at the beginning mean the user's home folder; no other shell syntax is expanded, and values that look like it are refused.
- Secrets can be read from files (\`API_KEYS_FILE\`, \`HISTORY_DB_URL_FILE\`, …), as Docker and Kubernetes mount them.
- \`.env\`, the configuration file and the files of secrets are UTF-8, or UTF-16 with a byte order mark, as tools on Windows write it. Files in any other encoding are refused with an error that names the file.
- \`API_PORT=tcp://…\`, which Kubernetes injects for a Service named \`api\`, is ignored with a warning. A name that is similar to a variable's name is ignored with a warning, too.`;

function tableCells(variable: Variable<unknown>): string[] {
  const { name, description, defaultText, expects } = variable;
  const literal = variable.optional ? (defaultText ?? 'not set') : `\`${defaultText ?? ''}\``;
  return [`\`${name}\``, literal, expects, description].map(tableCell);
}

/** Escapes Markdown syntax outside of code. */
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
