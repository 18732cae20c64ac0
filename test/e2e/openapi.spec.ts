import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Application } from 'express';
import {
  CODE_OF_REASON,
  ERROR_REASONS,
  STATUS_OF_CODE,
} from '../../src/common/errors/error-codes.js';
import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import {
  expectMatchesOpenApi,
  expectStreamEvent,
  openApi,
  resolved,
} from '../support/openapi-validator.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey } from '../support/settings.js';
import { StreamReader } from '../support/stream-reader.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** `GET /api/history/{id}` for every operation of the document. */
const described = Object.entries(openApi.paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
);

const operation = (method: string, path: string) => openApi.paths[path]?.[method] as any;

/** The routes that Express was given, in the words of the document. */
function registered(app: Application): string[] {
  return app.router.stack.flatMap(({ route }) =>
    METHODS.filter((method) => route?.stack.some((layer) => layer.method === method)).map(
      (method) => `${method.toUpperCase()} ${String(route?.path).replace(/:(\w+)/g, '{$1}')}`,
    ),
  );
}

describe('the OpenAPI document', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
  });
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it('describes every route there is, and no other', () => {
    const routes = registered(service.app.getHttpAdapter().getInstance() as Application);
    expect(routes).toContain('POST /api/chat');
    expect([...new Set(routes)].sort()).toEqual([...described].sort());
  });

  it('is what the built service says', () => {
    const script = resolve(import.meta.dirname, '../../scripts/openapi.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, 'check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('passes its linter', () => {
    const script = resolve(import.meta.dirname, '../../scripts/openapi-lint.mjs');
    const { status, stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('tells for each operation what a client generator and a reader need', () => {
    for (const route of described) {
      const [method = '', path = ''] = route.split(' ');
      const { operationId, summary, tags, responses } = operation(method.toLowerCase(), path);
      expect({ route, operationId }).toEqual({
        route,
        operationId: expect.stringMatching(/^[a-z]+[A-Za-z]*$/),
      });
      expect({ route, summary, tags }).toEqual({
        route,
        summary: expect.stringMatching(/\w/),
        tags: [expect.any(String)],
      });
      expect({ route, statuses: Object.keys(responses) }).toEqual({
        route,
        statuses: expect.arrayContaining(['500']),
      });
    }
  });

  it('says of probes and of cancelling what is true of them: no key, no limit', () => {
    const statuses = (method: string, path: string) =>
      Object.keys(operation(method, path).responses);
    expect(operation('get', '/api/health').security).toEqual([]);
    expect(statuses('get', '/api/health')).not.toContain('401');
    expect(statuses('get', '/api/health')).not.toContain('429');
    expect(statuses('post', '/api/generations/{id}/cancel')).toContain('401');
    expect(statuses('post', '/api/generations/{id}/cancel')).not.toContain('429');
    expect(statuses('post', '/api/chat/stream')).toEqual(expect.arrayContaining(['401', '429']));
  });

  it('gives every reason the status and code that the service gives it', () => {
    const { examples } = openApi.components;
    const shown = ERROR_REASONS.filter((reason) => reason !== 'route_not_found');
    expect(Object.keys(examples).sort()).toEqual([...shown].sort());
    for (const reason of shown) {
      expect(examples[reason]?.value).toMatchObject({ reason, code: CODE_OF_REASON[reason] });
      const status = String(STATUS_OF_CODE[CODE_OF_REASON[reason]]);
      const users = described.filter((route) => {
        const [method = '', path = ''] = route.split(' ');
        const response = operation(method.toLowerCase(), path).responses[status];
        const { content } = resolved(response ?? {});
        return content?.['application/json']?.examples?.[reason] !== undefined;
      });
      expect({ reason, used: users.length > 0 }).toEqual({ reason, used: true });
    }
  });

  it('demands nothing of a request that may be left out', () => {
    // Client generators take a field with a default for one that is always there.
    for (const name of ['ChatRequest', 'ModelParameters', 'StreamOptions']) {
      const schema = openApi.components.schemas[name];
      expect(schema).toHaveProperty('properties');
      expect(schema?.['required'] ?? []).toEqual([]);
      expect(JSON.stringify(schema)).not.toContain('"default":');
    }
  });

  it('begins its chat examples with one that works on any installation', async () => {
    ollama.next(answer('Fine'));
    const { examples } = operation('post', '/api/chat').requestBody.content['application/json'];
    const [first] = Object.values<{ value: unknown }>(examples);
    expect(first?.value).toEqual({ message: 'Hello, how are you?' });

    const { status, body } = await postJson(`${service.url}/api/chat`, first?.value);

    expect(status).toBe(200);
    expectMatchesOpenApi('POST', '/api/chat', status, body);
  });

  it('knows every block of a stream, a broken one too', async () => {
    ollama.next(answer('One', ' two')).next(script().tokens('One').end());
    for (const lastKey of ['done', 'error']) {
      const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
      const events = await reader.rest();
      for (const { data } of events) expectStreamEvent(data);
      expect(events.at(-1)?.data).toHaveProperty(lastKey);
    }
  });

  it('knows the answers of all routes that read', async () => {
    for (const path of ['/api/models', '/api/history', '/api/health', '/api/health/ready']) {
      const { status, body } = await getJson(service.url + path);
      expect(status).toBe(200);
      expectMatchesOpenApi('GET', path, status, body);
    }
  });
});

describe('the documentation page', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  const get = (path: string) => fetch(service.url + path);

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama, {
      api: { keys: [apiKey('someone', 'a-key-of-twenty-letters')] },
      rateLimit: { enabled: true, requests: 1, readRequests: 1 },
    });
  });
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it.each(['/api/docs', '/api/docs/'])('is at %s, and all that it loads is ours', async (path) => {
    const response = await get(path);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch('text/html');
    expect(response.headers.get('Content-Security-Policy')).toMatch("default-src 'self'");
    expect(page).not.toMatch(/https?:|<script>/);

    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(loaded.length).toBeGreaterThan(3);
    for (const url of loaded) {
      const asset = await fetch(new URL(url, service.url + path));
      expect({ url, status: asset.status }).toEqual({ url, status: 200 });
      await asset.body?.cancel();
    }
  });

  it('has the document beside it', async () => {
    const response = await get('/api/openapi.json');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ openapi: '3.1.0', paths: expect.any(Object) });
  });

  it.each(['/api/docs/package.json', '/api/docs/..%2fpackage.json', '/api/docs/index.js'])(
    'gives nothing else away: %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});
