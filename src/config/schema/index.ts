import type { Variable, Variables } from '../variable.js';
import { api } from './api.js';
import { changes } from './changes.js';
import { generation } from './generation.js';
import { history } from './history.js';
import { log } from './log.js';
import { metrics } from './metrics.js';
import { models } from './models.js';
import { oidc } from './oidc.js';
import { ollama } from './ollama.js';
import { openai } from './openai.js';
import { rateLimit } from './rate-limit.js';
import { scenario } from './scenario.js';
import { shutdown } from './shutdown.js';
import { sources } from './sources.js';
import { titles } from './titles.js';
import { traces } from './traces.js';

/** All variables, by namespace. */
export const SCHEMA = {
  api,
  oidc,
  ollama,
  openai,
  scenario,
  models,
  history,
  generation,
  changes,
  titles,
  rateLimit,
  log,
  metrics,
  traces,
  shutdown,
  sources,
};

interface Section {
  readonly title: string;
  readonly variables: readonly Variable<unknown>[];
}

/** The same as sections of the documentation, in its order. */
export const SECTIONS: readonly Section[] = [
  section('API', api),
  section('Identity provider', oidc),
  section('Ollama', ollama),
  section('OpenAI-compatible server', openai),
  section('Scenario', scenario),
  section('Models', models),
  section('History', history),
  section('Generations', generation),
  section('Events', changes),
  section('Titles', titles),
  section('Rate limits', rateLimit),
  section('Logging', log),
  section('Metrics', metrics),
  section('Traces', traces),
  section('Shutdown', shutdown),
  section('Configuration file', sources),
];

export const VARIABLES: readonly Variable<unknown>[] = SECTIONS.flatMap(
  (section) => section.variables,
);

export const VARIABLE_NAMES: ReadonlySet<string> = new Set(VARIABLES.map(({ name }) => name));

/** Those that the configuration file holds as maps. */
export const JSON_VARIABLES: ReadonlySet<string> = new Set(
  VARIABLES.filter(({ json }) => json).map(({ name }) => name),
);

/** A secret is followed by the variable that names its file. */
function section(title: string, schema: Variables): Section {
  const variables = Object.values(schema).flatMap((variable) =>
    variable.fileVariable ? [variable, variable.fileVariable] : [variable],
  );
  return { title, variables };
}
