import type { ValuesOf } from '../variable.js';
import type { ollama } from './ollama.js';
import type { openai } from './openai.js';
import type { scenarioSettings } from './scenario.js';

/** Settings that say which model servers there are. */
interface ServerSettings {
  readonly ollama: Pick<ValuesOf<typeof ollama>, 'enabled'>;
  readonly openai: Pick<ValuesOf<typeof openai>, 'baseUrl'>;
  readonly scenario: ReturnType<typeof scenarioSettings>;
}

/** Kinds of model servers, each with an adapter, in the order in which a name is looked for. */
const IS_CONFIGURED = {
  ollama: ({ ollama }: ServerSettings) => ollama.enabled,
  openai: ({ openai }: ServerSettings) => openai.baseUrl !== null,
  scenario: ({ scenario }: ServerSettings) => scenario.scenario !== null,
};

/** The name of a model server: in metrics, in `provider` of a model, and as prefix of its models. */
export type ModelServerName = keyof typeof IS_CONFIGURED;

const ALL = Object.keys(IS_CONFIGURED) as ModelServerName[];

export function configuredServers(settings: ServerSettings): ModelServerName[] {
  return ALL.filter((name) => IS_CONFIGURED[name](settings));
}
