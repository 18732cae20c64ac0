import type { Variable } from '../variable.js';
import { api } from './api.js';
import { generation, rateLimit } from './generation.js';
import { history } from './history.js';
import { models } from './models.js';
import { ollama } from './ollama.js';
import { log, shutdown, sources } from './process.js';

/** Everything the service can be told, by the group that uses it. */
export const SCHEMA = {
  api,
  ollama,
  models,
  history,
  generation,
  rateLimit,
  log,
  shutdown,
  sources,
};

interface Section {
  readonly title: string;
  readonly variables: readonly Variable<unknown>[];
}

/** The same for readers, in the order of the documentation. */
export const SECTIONS: readonly Section[] = [
  { title: 'API', variables: Object.values(api) },
  { title: 'Ollama', variables: Object.values(ollama) },
  { title: 'Models', variables: Object.values(models) },
  { title: 'History', variables: Object.values(history) },
  { title: 'Generations', variables: Object.values(generation) },
  { title: 'Rate limits', variables: Object.values(rateLimit) },
  { title: 'Logging', variables: Object.values(log) },
  { title: 'Shutdown', variables: Object.values(shutdown) },
  { title: 'Configuration file', variables: Object.values(sources) },
];

export const VARIABLES: readonly Variable<unknown>[] = SECTIONS.flatMap(
  (section) => section.variables,
);

export const VARIABLE_NAMES: ReadonlySet<string> = new Set(VARIABLES.map(({ name }) => name));
