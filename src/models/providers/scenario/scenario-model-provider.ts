import { isModelName } from '../../../domain/model-name.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../../../domain/model.js';
import { SCENARIO_CAPABILITIES, type ScenarioModel } from '../../../domain/scenario.js';
import { invalidName, modelNotAllowed, modelNotFound } from '../../model-errors.js';
import { ModelProvider, type ChatModel } from '../../model-provider.js';
import { prefixedName } from '../../prefixed-name.js';
import { AskCounter } from './ask-counter.js';
import type { ScenarioOptions } from './scenario.js';
import { ScenarioChatModel } from './scenario-chat-model.js';

const NAME = 'scenario';
/** Nothing in a list changes from one run of a test to the next. */
const UNKNOWN_TIME = new Date(0).toISOString();

/** Models that answer as a file says. Their names have the prefix themselves: `scenario/weather`. */
export class ScenarioModelProvider extends ModelProvider {
  override readonly name = NAME;
  /** In the file's order. */
  private readonly models: ReadonlyMap<string, ScenarioModel>;
  private readonly asks = new AskCounter();
  private readonly allow: ReadonlySet<string> | null;

  constructor({ scenario, allow }: ScenarioOptions) {
    super();
    this.models = new Map(
      scenario.models.map((model) => [prefixedName(NAME, model.name), model] as const),
    );
    this.allow = allow && new Set(allow);
  }

  override names(): Promise<string[]> {
    return Promise.resolve([...this.models.keys()]);
  }

  override canonicalName(model: string): string {
    return model;
  }

  override list(): Promise<ModelInfo[]> {
    const allowed = [...this.models].filter(([name]) => this.isAllowed(name));
    return Promise.resolve(allowed.map(([name, model]) => infoOf(name, model)));
  }

  override resolve(model: string): Promise<ModelProfile> {
    return Promise.resolve().then(() => profileOf(this.find(model)));
  }

  override chatModel({ model }: ModelSettings): ChatModel {
    return new ScenarioChatModel(this.find(model), this.asks);
  }

  override has(model: string): Promise<boolean> {
    return Promise.resolve(this.models.has(model) && this.isAllowed(model));
  }

  /** It is always there. */
  override check(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    // It has no connections.
  }

  private find(name: string): ScenarioModel {
    if (!isModelName(name)) throw invalidName();
    const model = this.models.get(name);
    if (!model) throw modelNotFound();
    if (!this.isAllowed(name)) throw modelNotAllowed();
    return model;
  }

  private isAllowed(name: string): boolean {
    return this.allow?.has(name) ?? true;
  }
}

function infoOf(name: string, model: ScenarioModel): ModelInfo {
  return {
    name,
    provider: NAME,
    modifiedAt: UNKNOWN_TIME,
    sizeBytes: null,
    family: null,
    parameterSize: null,
    quantization: null,
    contextLength: model.contextTokens,
    capabilities: capabilitiesOf(model),
  };
}

function profileOf(model: ScenarioModel): ModelProfile {
  return {
    contextTokens: model.contextTokens,
    stop: [],
    vocabulary: 'large',
    capabilities: capabilitiesOf(model),
    isScripted: true,
  };
}

function capabilitiesOf({ cannot }: ScenarioModel): string[] {
  return ['completion', ...SCENARIO_CAPABILITIES.filter((each) => !cannot.includes(each))];
}
