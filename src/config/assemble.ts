import type { Reader } from './reader.js';
import { historySettings } from './schema/history.js';
import { SCHEMA } from './schema/index.js';
import { metricsSettings } from './schema/metrics.js';
import { configuredServers } from './schema/model-servers.js';
import { modelsSettings } from './schema/models.js';
import { rateLimitSettings } from './schema/rate-limit.js';
import { scenarioSettings } from './schema/scenario.js';
import { tracesSettings } from './schema/traces.js';
import type { ValuesOf } from './variable.js';

/** Assembles the settings; the reader records wrong values and uses their defaults. */
export function assembleSettings(reader: Reader) {
  const api = reader.readAll(SCHEMA.api);
  const ollama = reader.readAll(SCHEMA.ollama);
  const openai = reader.readAll(SCHEMA.openai);
  const scenario = scenarioSettings(reader);
  return {
    api,
    oidc: reader.readAll(SCHEMA.oidc),
    ollama,
    openai,
    scenario,
    models: modelsSettings(
      reader.readAll(SCHEMA.models),
      configuredServers({ ollama, openai, scenario }),
    ),
    history: historySettings(reader.readAll(SCHEMA.history)),
    generation: reader.readAll(SCHEMA.generation),
    changes: reader.readAll(SCHEMA.changes),
    titles: reader.readAll(SCHEMA.titles),
    rateLimit: rateLimitSettings(reader.readAll(SCHEMA.rateLimit)),
    log: api.debug ? debugLog(reader) : reader.readAll(SCHEMA.log),
    metrics: metricsSettings(reader),
    traces: tracesSettings(reader.readAll(SCHEMA.traces)),
    shutdown: reader.readAll(SCHEMA.shutdown),
  };
}

/** Debug mode changes the defaults of these two; any set value takes precedence. */
function debugLog(reader: Reader): ValuesOf<typeof SCHEMA.log> {
  const log = reader.readAll(SCHEMA.log);
  return {
    ...log,
    level: reader.isGiven(SCHEMA.log.level) ? log.level : 'debug',
    format: reader.isGiven(SCHEMA.log.format) ? log.format : 'text',
  };
}
