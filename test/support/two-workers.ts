import type { FakeModel } from './fake-models.js';
import { FakeOllama } from './fake-ollama.js';
import { startService, type RunningService } from './service.js';
import type { SettingsOverrides } from './settings.js';
import type { TestStorage } from './storages.js';

/** Two workers of the real service in this process, on one store and before one scripted Ollama. */
export class TwoWorkers {
  private constructor(
    readonly upstream: FakeOllama,
    readonly here: RunningService,
    readonly there: RunningService,
    private readonly storage: TestStorage,
  ) {}

  static async start(
    makeStorage: () => Promise<TestStorage>,
    {
      models = [],
      ...settings
    }: Omit<SettingsOverrides, 'history'> & { models?: FakeModel[] } = {},
  ): Promise<TwoWorkers> {
    const upstream = await FakeOllama.start(...models);
    const storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const here = await startService(upstream, { history, ...settings });
    const there = await startService(upstream, { history, ...settings });
    return new TwoWorkers(upstream, here, there, storage);
  }

  async close(): Promise<void> {
    await this.here.close();
    await this.there.close();
    await this.storage.dispose();
    await this.upstream.close();
  }
}
