import type { Reader } from './reader.js';
import { historySettings } from './schema/history.js';
import { SCHEMA } from './schema/index.js';
import { modelsSettings } from './schema/models.js';
import { rateLimitSettings } from './schema/rate-limit.js';
import type { ValuesOf } from './variable.js';

/** Puts the settings together; what is wrong is noted by the reader and stands at its default. */
export function assembleSettings(reader: Reader) {
  const api = reader.readAll(SCHEMA.api);
  return {
    api,
    ollama: reader.readAll(SCHEMA.ollama),
    models: modelsSettings(reader.readAll(SCHEMA.models)),
    history: historySettings(reader.readAll(SCHEMA.history)),
    generation: reader.readAll(SCHEMA.generation),
    rateLimit: rateLimitSettings(reader.readAll(SCHEMA.rateLimit)),
    log: api.debug ? debugLog(reader) : reader.readAll(SCHEMA.log),
    shutdown: reader.readAll(SCHEMA.shutdown),
  };
}

/** Debug mode is a default of these two, weaker than any value that is set. */
function debugLog(reader: Reader): ValuesOf<typeof SCHEMA.log> {
  const log = reader.readAll(SCHEMA.log);
  return {
    ...log,
    level: reader.isGiven(SCHEMA.log.level) ? log.level : 'debug',
    format: reader.isGiven(SCHEMA.log.format) ? log.format : 'text',
  };
}
