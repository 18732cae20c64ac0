import { DefaultModelIndicator } from '../../src/health/indicators/default-model.indicator.js';
import type { ModelInfo, ModelProfile } from '../../src/domain/model.js';
import { fullModelName, sameModel } from '../../src/domain/model-name.js';
import { HealthMonitor } from '../../src/health/health-monitor.js';
import { StoreIndicator } from '../../src/health/indicators/store.indicator.js';
import { DefaultModel } from '../../src/models/default-model.js';
import { ModelProvider } from '../../src/models/model-provider.js';
import { SilentMeter } from '../../src/observability/meter.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings, type SettingsOverrides } from '../support/settings.js';

class Server extends ModelProvider {
  override readonly name = 'fake';

  constructor(
    private readonly up: boolean,
    private readonly listed: string[],
  ) {
    super();
  }

  async list(): Promise<ModelInfo[]> {
    throw new Error('The whole list is more than is asked for');
  }

  async names(): Promise<string[]> {
    return this.listed;
  }

  canonicalName(model: string): string {
    return fullModelName(model);
  }

  async resolve(): Promise<ModelProfile> {
    return { contextTokens: 8192, stop: [], vocabulary: 'large', capabilities: null };
  }

  async has(model: string): Promise<boolean> {
    await this.check();
    return this.listed.some((name) => sameModel(name, model));
  }

  async check(): Promise<void> {
    if (!this.up) throw new Error('down');
  }

  chatModel(): never {
    throw new Error('Health asks no model');
  }

  close(): void {
    // It has no connections.
  }
}

function indicatorOf(server: Server, overrides: SettingsOverrides = {}): DefaultModelIndicator {
  const { models } = testSettings(overrides);
  return new DefaultModelIndicator(models, server, new DefaultModel(server, models));
}

describe('DefaultModelIndicator', () => {
  it.each([
    ['llama2', ['llama2:latest'], 'present'],
    ['llama2:latest', ['llama2'], 'present'],
    ['llama2', ['llama2:13b', 'llama2-uncensored:latest'], 'missing'],
    ['host:5000/team/llama2', ['host:5000/team/llama2:latest'], 'present'],
    ['llama2', [], 'missing'],
  ])('%s among %j is %s', async (defaultModel, names, state) => {
    const indicator = indicatorOf(new Server(true, names), { models: { default: defaultModel } });
    expect(await indicator.check()).toBe(state);
  });

  it('cannot say while Ollama is down', async () => {
    const indicator = indicatorOf(new Server(false, ['llama2']));
    await expect(indicator.check()).rejects.toThrow();
    expect(indicator.worst).toBe('unknown');
  });

  it('is unknown while Ollama is down, whatever the last check of the model found', async () => {
    const monitor = new HealthMonitor(
      new StoreIndicator(new MemoryStore()),
      new Server(false, []),
      indicatorOf(new Server(true, ['llama2'])),
      new RecordingLogger(),
      new SilentMeter(),
    );
    monitor.onApplicationBootstrap();
    expect(await monitor.states()).toEqual({
      store: 'up',
      modelServers: { fake: 'down' },
      defaultModel: 'unknown',
    });
    monitor.onApplicationShutdown();
  });
});
