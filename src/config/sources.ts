import { readConfigFile } from './config-file.js';
import { readDotenv } from './dotenv-file.js';
import { unquoted } from './parsers/parser.js';
import { VARIABLES, VARIABLE_NAMES } from './schema/index.js';
import { absolutePath } from './written-path.js';

/** Variables from one source; a name that is absent or empty is not set there. */
export interface Source {
  /** Ends a problem's line: "set in .env". */
  readonly label: string;
  readonly values: ReadonlyMap<string, string>;
}

/** All sources that were found, in order of precedence. */
export interface Sources {
  readonly sources: readonly Source[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** A folder's default configuration file. */
const DEFAULT_FILE = 'config.yaml';

/** Reads the environment, `.env` and the configuration file; never throws. */
export function readSources(env: NodeJS.ProcessEnv, cwd: string): Sources {
  const warnings: string[] = [];
  const problems: string[] = [];
  const environment = source('the environment', env, warnings);
  const dotenv = source('.env', readDotenv(cwd, problems), warnings);
  const path = environment.values.get('CONFIG_FILE') ?? dotenv.values.get('CONFIG_FILE');
  const file = readConfigFile(absolutePath(cwd, path ?? DEFAULT_FILE), path !== undefined);
  problems.push(...file.problems);
  const fromFile = source('the configuration file', file.values, warnings);
  return { sources: [environment, dotenv, fromFile], problems, warnings };
}

function source(
  label: string,
  raw: Readonly<Record<string, string | undefined>>,
  warnings: string[],
): Source {
  const values = new Map<string, string>();
  for (const [name, text] of Object.entries(raw)) {
    const trimmed = text?.trim() ?? '';
    const written = VARIABLE_NAMES.has(name) ? unquoted(trimmed) : trimmed;
    if (isUnset(name, written)) continue;
    if (isServiceLink(name, written)) warnings.push(serviceLinkWarning(name, label));
    else values.set(name, written);
  }
  return { label, values };
}

/** Only an empty value unsets a security setting: a word may come from a failed substitution. */
const UNSET_BY_WORD = new Set(
  VARIABLES.filter(({ optional, guards }) => optional && !guards).map(({ name }) => name),
);

/** Empty, or `None`, which documentation uses for "unset". */
function isUnset(name: string, text: string): boolean {
  return text === '' || (UNSET_BY_WORD.has(name) && /^(none|null)$/i.test(text));
}

/** Kubernetes sets `API_PORT=tcp://…` in containers for a Service named `api`. */
function isServiceLink(name: string, text: string): boolean {
  return VARIABLE_NAMES.has(name) && name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text);
}

function serviceLinkWarning(name: string, label: string): string {
  return (
    `${name} in ${label} is a service link that Kubernetes injects, not a port: ignored. ` +
    'set enableServiceLinks: false in the pod to remove it'
  );
}
