import type { Scenario } from '../../domain/scenario.js';
import { path } from '../parsers/scalars.js';
import type { Reader } from '../reader.js';
import { readScenario } from '../scenario/read-scenario.js';
import { optional } from '../variable.js';

export const scenario = {
  file: optional({
    name: 'SCENARIO_FILE',
    parser: path('file'),
    example: './scenario.yaml',
    description:
      'File of models that answer as it says, for tests of front ends: docs/scenarios.md. Refused ' +
      'where NODE_ENV is production.',
  }),
};

/** The scenario of the file; null: there is none. */
export function scenarioSettings(reader: Reader): { scenario: Scenario | null } {
  const { file } = reader.readAll(scenario);
  if (file === null) return { scenario: null };
  const read = readScenario(file);
  if ('scenario' in read) return read;
  reader.refuse(scenario.file, `${scenario.file.name}: ${read.problem}`);
  return { scenario: null };
}
