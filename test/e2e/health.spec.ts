import { Draining } from '../../src/common/lifecycle/draining.js';
import { FakeOllama } from '../support/fake-ollama.js';
import { getJson, type JsonAnswer } from '../support/http-client.js';
import { expectMatchesOpenApi } from '../support/openapi-validator.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey, type SettingsOverrides } from '../support/settings.js';

describe('/api/health', () => {
  let ollama: FakeOllama;
  let service: RunningService | undefined;

  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    await service?.close();
    await ollama.close();
  });

  async function start(overrides: SettingsOverrides = {}): Promise<RunningService> {
    service = await startService(ollama, overrides);
    return service;
  }

  async function ask(path: string): Promise<JsonAnswer> {
    const answer = await getJson(`${service?.url ?? ''}${path}`);
    expectMatchesOpenApi('GET', path, answer.status, answer.body);
    return answer;
  }

  /** Asks until the background checks have seen what the test did. */
  async function until(expected: object): Promise<JsonAnswer> {
    for (;;) {
      const answer = await ask('/api/health/ready');
      try {
        expect(answer.body.dependencies).toMatchObject(expected);
        return answer;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  it('says the seed’s two fields, and asks nobody for it', async () => {
    await start();
    await until({ ollama: 'up' });
    const asked = ollama.requests.length;
    const before = Date.now();

    const { status, body } = await ask('/api/health');

    expect(status).toBe(200);
    expect(body).toEqual({ status: 'healthy', timestamp: expect.any(String) });
    expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(body.timestamp)).toBeLessThanOrEqual(Date.now());
    expect(ollama.requests.length).toBe(asked);
  });

  it('is alive as long as it answers', async () => {
    await start();
    const { status, body } = await ask('/api/health/live');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'alive' } });
  });

  it('is ready from its first answer on', async () => {
    await start();
    const { status, body } = await ask('/api/health/ready');
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ready',
      dependencies: { store: 'up', ollama: 'up', default_model: 'present' },
    });
  });

  it('tells that the default model is missing, and stays ready', async () => {
    await start({ models: { default: 'mistral' } });
    const { status, body } = await until({ ollama: 'up', default_model: 'missing' });
    expect({ status, said: body.status }).toEqual({ status: 200, said: 'ready' });
  });

  it('tells that Ollama is down, stays ready, and sees it come back', async () => {
    await start();
    await until({ ollama: 'up' });

    await ollama.stopListening();
    const down = await until({ ollama: 'down', default_model: 'unknown' });
    expect({ status: down.status, said: down.body.status }).toEqual({ status: 200, said: 'ready' });

    await ollama.listenAgain();
    await until({ ollama: 'up', default_model: 'present' });
  }, 90_000);

  it('is unavailable while the store cannot be reached', async () => {
    // Nothing listens on port 1: the service starts all the same.
    await start({
      history: {
        storage: { kind: 'postgres', url: 'postgres://nobody@127.0.0.1:1/chat', pool: 1 },
      },
    });
    const { status, body } = await until({ store: 'down', ollama: 'up' });
    expect({ status, said: body.status }).toEqual({ status: 503, said: 'unavailable' });
    expect((await ask('/api/health')).status).toBe(200);

    const history = await ask('/api/history');
    expect(history.status).toBe(503);
    expect(history.body).toMatchObject({ reason: 'store_unavailable' });
    expect(Number(history.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  it('is not ready once it drains, and says so', async () => {
    const { app } = await start();
    await until({ store: 'up' });
    app.get(Draining).begin();
    const { status, body } = await ask('/api/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'draining', dependencies: { store: 'up' } });
    expect((await ask('/api/health')).status).toBe(200);
  });

  it('needs no key and counts against no limit', async () => {
    await start({
      api: { keys: [apiKey('someone', 'a-key-of-twenty-letters')] },
      rateLimit: { enabled: true, requests: 1, readRequests: 1 },
    });
    for (const path of ['/api/health', '/api/health/live', '/api/health/ready']) {
      for (let time = 0; time < 3; time += 1) expect((await ask(path)).status).toBe(200);
    }
  });
});
