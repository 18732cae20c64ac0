import type { NestExpressApplication } from '@nestjs/platform-express';
import { UnusedConnections } from '../../src/common/http/unused-connections.js';
import { createApp } from '../../src/app.setup.js';
import type { Settings } from '../../src/config/settings.js';
import type { FakeOllama } from './fake-ollama.js';
import { RecordingLogger } from './recording-logger.js';
import { testSettings, type SettingsOverrides } from './settings.js';

/** The real service on a free port of the loopback, with its log kept. */
export interface RunningService {
  url: string;
  app: NestExpressApplication;
  settings: Settings;
  log: RecordingLogger;
  close(): Promise<void>;
}

export async function startService(
  ollama: FakeOllama,
  overrides: SettingsOverrides = {},
): Promise<RunningService> {
  const settings = testSettings({
    ...overrides,
    ollama: { baseUrl: ollama.baseUrl, ...overrides.ollama },
  });
  const log = new RecordingLogger();
  const app = await createApp(settings, log);
  const unused = new UnusedConnections(app.getHttpServer());
  await app.listen(0, '127.0.0.1');
  return {
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    app,
    settings,
    log,
    close: async () => {
      // A client may have opened one more than it needed.
      unused.close();
      await app.close();
    },
  };
}
