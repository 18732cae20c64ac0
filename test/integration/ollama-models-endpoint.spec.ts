import { Global, Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import type { Request } from 'express';
import request from 'supertest';
import { setRequestContext } from '../../src/common/http/request-context.js';
import { configModule } from '../../src/config/config.module.js';
import { ModelProvider } from '../../src/models/model-provider.js';
import { ModelsModule } from '../../src/models/models.module.js';
import { AppLogger } from '../../src/observability/app-logger.js';
import { Tracing } from '../../src/observability/tracing.js';
import { FakeOllama } from '../support/fake-ollama.js';
import { MODEL_PROFILE, MODEL_SETTINGS } from '../support/ollama-fixture.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';

describe('GET /models', () => {
  let fake: FakeOllama;
  let app: INestApplication<Server>;

  beforeEach(async () => {
    fake = await FakeOllama.start(
      { name: 'llama2' },
      { name: 'smollm2:135m', size: 270_898_672, contextLength: null },
    );
    const settings = testSettings({ ollama: { baseUrl: fake.baseUrl, retries: 0 } });
    const providers = [
      { provide: AppLogger, useValue: new RecordingLogger() },
      { provide: Tracing, useValue: null },
    ];
    @Global()
    @Module({ providers, exports: [AppLogger, Tracing] })
    class Surroundings {}
    const module = Test.createTestingModule({
      imports: [configModule(settings), Surroundings, ModelsModule],
    });
    app = (await module.compile()).createNestApplication();
    app.use((incoming: Request, _response: unknown, next: () => void) => {
      const context = { requestId: 'a request', traceId: null, ownerId: 'default' };
      const client = {
        clientId: 'ip:127.0.0.1',
        grant: null,
        withdrawn: null,
        address: '127.0.0.1',
      };
      setRequestContext(incoming, { ...context, ...client, receivedAt: 0 });
      next();
    });
    await app.init();
  });

  afterEach(async () => {
    await app.close();
    await fake.close();
  });

  test('lists the models as people read them, and the default', async () => {
    const { status, body } = await request(app.getHttpServer()).get('/models');
    expect(status).toBe(200);
    expect(body).toEqual({
      models: [
        {
          name: 'llama2:latest',
          provider: 'ollama',
          modified_at: '2025-09-01T10:00:00.123Z',
          size: '3.8GB',
          family: 'llama',
          parameters: '7B',
          quantization: 'Q4_0',
          context_length: 4096,
          capabilities: ['completion'],
          defaults: null,
        },
        {
          name: 'smollm2:135m',
          provider: 'ollama',
          modified_at: '2025-09-01T10:00:00.123Z',
          size: '270.9MB',
          family: 'llama',
          parameters: '7B',
          quantization: 'Q4_0',
          context_length: null,
          capabilities: ['completion'],
          defaults: null,
        },
      ],
      default_model: 'llama2',
    });
  });

  test('the module gives the port, and one model to generations of equal settings', () => {
    const provider = app.get(ModelProvider);
    const model = provider.chatModel(MODEL_SETTINGS, MODEL_PROFILE);
    expect(provider.chatModel({ ...MODEL_SETTINGS }, MODEL_PROFILE)).toBe(model);
    const other = provider.chatModel({ ...MODEL_SETTINGS, temperature: 0 }, MODEL_PROFILE);
    expect(other).toMatchObject({ temperature: 0 });
    expect(model).toMatchObject({ temperature: 0.7 });
  });

  test('closing the application closes its connections', async () => {
    await request(app.getHttpServer()).get('/models');
    expect(await fake.connections()).toBeGreaterThan(0);
    await app.close();
    while ((await fake.connections()) > 0) await new Promise(setImmediate);
  });
});
