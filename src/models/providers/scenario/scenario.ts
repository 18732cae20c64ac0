import type { Scenario } from '../../../domain/scenario.js';
import type { ModelProvider } from '../../model-provider.js';
import { ScenarioModelProvider } from './scenario-model-provider.js';

export interface ScenarioOptions {
  scenario: Scenario;
  /** Names that may be used; null: all of them. */
  allow: readonly string[] | null;
}

export function createScenario(options: ScenarioOptions): ModelProvider {
  return new ScenarioModelProvider(options);
}
