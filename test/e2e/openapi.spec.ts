import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { Application } from 'express';
import {
  CODE_OF_REASON,
  ERROR_REASONS,
  STATUS_OF_CODE,
} from '../../src/common/errors/error-codes.js';
import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import {
  expectMatchesOpenApi,
  expectStreamEvent,
  isBodyOf,
  isRequest,
  openApi,
  resolved,
} from '../support/openapi-validator.js';
import { dataUrlOf } from '../support/pictures.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey } from '../support/settings.js';
import { StreamReader } from '../support/stream-reader.js';

const IMAGE = dataUrlOf('png');
const RESULT = { tool_call_id: 'a', content: 'b' };

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
      (method) => `${method.toUpperCase()} ${String(route?.path).replace(/[:*](\w+)/g, '{$1}')}`,
    ),
  );
}

describe('the OpenAPI document', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(
      { name: 'llama2' },
      { name: 'seer', capabilities: ['completion', 'vision'] },
    );
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

  it('says of probes and of cancelling what is true of them: no key, no limit but for guessed ids', () => {
    const statuses = (method: string, path: string) =>
      Object.keys(operation(method, path).responses);
    expect(operation('get', '/api/health').security).toEqual([]);
    expect(statuses('get', '/api/health')).not.toContain('401');
    expect(statuses('get', '/api/health')).not.toContain('429');
    expect(statuses('post', '/api/generations/{id}/cancel')).toContain('401');
    expect(statuses('post', '/api/generations/{id}/cancel')).toContain('429');
    expect(statuses('post', '/api/chat/stream')).toEqual(expect.arrayContaining(['401', '429']));
  });

  it('gives every reason the status and code that the service gives it', () => {
    const { examples } = openApi.components;
    const unrouted = ['route_not_found', 'method_not_allowed'];
    const shown = ERROR_REASONS.filter((reason) => !unrouted.includes(reason));
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

  it('shows errors in the words in which the service says them', async () => {
    const nothing = '00000000-0000-4000-8000-000000000000';
    const answers = {
      validation: await postJson(`${service.url}/api/chat`, {
        message: 'Hi',
        parameters: { temperature: 7 },
      }),
      conversation_not_found: await getJson(`${service.url}/api/history/${nothing}`),
      generation_not_found: await getJson(`${service.url}/api/generations/${nothing}`),
      body_too_large: await sendJson('PUT', `${service.url}/api/history/${nothing}`, {
        title: 'a'.repeat(300_000),
      }),
    };
    for (const [reason, { body }] of Object.entries(answers)) {
      const { request_id: _, ...shown } = openApi.components.examples[reason]?.value as any;
      expect(body).toMatchObject(shown);
    }
  });

  it('is of the version of its package, and names no address', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(openApi.info.version).toBe(version);
    expect(openApi.servers).toEqual([{ url: '/', description: expect.any(String) }]);
    expect(JSON.stringify(openApi)).not.toMatch(/localhost|127\.0\.0\.1/);
  });

  it('has nothing at which client generators break', () => {
    const names = Object.keys(openApi.components.schemas);
    for (const route of described) {
      const [method = '', path = ''] = route.split(' ');
      const { operationId } = operation(method.toLowerCase(), path);
      const pascal = String(operationId).replace(/^./, (first) => first.toUpperCase());
      expect({ route, operationId }).toEqual({
        route,
        operationId: expect.stringMatching(/^[a-z]+[A-Z]/),
      });
      expect(names).not.toContain(`${pascal}Request`);
      expect(names).not.toContain(`${pascal}Response`);
    }
    const document = JSON.stringify(openApi);
    // The Java generator writes a class for each `anyOf`, and cannot name one for a free object.
    expect(document).not.toMatch(/"anyOf":\[(?:[^[\]]|\[[^[\]]*\])*"additionalProperties":true/);
    expect(document).not.toMatch(/"type":"boolean","(enum|const)"|"pattern":"[^"]*\\\\p/i);
    // Each pattern means the same with and without the flag for Unicode.
    for (const [, pattern = ''] of document.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)) {
      const source = JSON.parse(pattern) as string;
      expect(() => [new RegExp(source), new RegExp(source, 'u')]).not.toThrow();
    }
  });

  it.each([
    [{ message: 'Hi' }, true],
    [{ message: 'Hi', model: null, parameters: null, stream_options: null }, true],
    [{ message: 'Hi', parameters: { stop: Array<string>(16).fill('é'.repeat(100)) } }, true],
    [{ message: 'Hi', images: [], model: 'seer' }, true],
    [{ message: '', images: [IMAGE], model: 'seer' }, true],
    [{ images: [IMAGE], model: 'seer' }, true],
    [{ message: '', images: [], model: 'seer' }, false],
    [{ images: [], model: 'seer' }, false],
    [{ images: null, model: 'seer' }, false],
    [{ regenerate: true, conversation_id: 'a', images: [IMAGE] }, false],
    [{ message: '', conversation_id: 'a', tool_results: [RESULT] }, false],
    [{ message: 'Hi', parameters: { format: 'json' } }, true],
    [{ message: 'Hi', parameters: { format: { type: 'object' } } }, true],
    [{ message: 'Hi', parameters: { format: null } }, true],
    [{ message: 'Hi', parameters: { format: 'yaml' } }, false],
    [{ message: 'Hi', parameters: { format: ['json'] } }, false],
    [{}, false],
    [{ message: null }, false],
    [{ message: '' }, false],
    [{ message: 'a\0b' }, false],
    [{ message: 'Hi', other: null }, false],
    [{ message: 'Hi', model: 'two words' }, false],
    [{ message: 'Hi', parameters: { stop: Array<string>(17).fill('a') } }, false],
    [{ message: 'Hi', parameters: { stop: ['a'.repeat(101)] } }, false],
    [{ message: 'Hi', parameters: { stop: [''] } }, false],
    [{ message: 'Hi', parameters: { stop: ['a\0'] } }, false],
    [{ message: 'Hi', generation_id: 'no' }, false],
    [{ message: 'Hi', system: 'Sir', conversation_id: 'a' }, false],
    [{ regenerate: true }, false],
    [{ regenerate: true, conversation_id: 'a', message: 'Hi' }, false],
    [{ regenerate: false, conversation_id: 'a' }, false],
    [{ message: 'Hi', parent_id: null }, true],
    [{ message: 'Hi', parent_id: 'a' }, false],
    [{ message: 'Hi', parent_id: 'a', conversation_id: null }, false],
  ])('allows and forbids what the service does: %j', async (body, allowed) => {
    if (allowed) ollama.next(answer('Fine'));
    const { status } = await postJson(`${service.url}/api/chat`, body);
    expect({ status, document: isRequest('ChatRequest', body) }).toEqual({
      status: allowed ? 200 : 400,
      document: allowed,
    });
  });

  it('allows what can be done only to what is there', () => {
    const id = 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8';
    expect(isRequest('ChatRequest', { regenerate: true, conversation_id: id })).toBe(true);
    expect(isRequest('ChatRequest', { message: 'Hi', conversation_id: id })).toBe(true);
    expect(isRequest('ChatRequest', { message: 'Hi', conversation_id: id, parent_id: id })).toBe(
      true,
    );
    const results = { conversation_id: id, tool_results: [RESULT] };
    for (const beside of [{}, { message: 'Hi' }, { message: '', images: [IMAGE] }]) {
      expect(isRequest('ChatRequest', { ...results, ...beside })).toBe(true);
    }
    for (const title of ['A', ' a ', '👨‍👩‍👧‍👦', 'a\nb']) {
      expect({ title, valid: isRequest('UpdateConversation', { title }) }).toMatchObject({
        valid: true,
      });
    }
    for (const title of ['', ' ', '\u3000\n', '\u200b', '\u3164', 'a\0', 'a'.repeat(201)]) {
      expect({ title, valid: isRequest('UpdateConversation', { title }) }).toMatchObject({
        valid: false,
      });
    }
  });

  it.each([
    [{ title: 'A' }, true],
    [{ system: null, model: null, parameters: null, tags: null }, true],
    [{ pinned: null, archived: true }, true],
    [{ tags: Array.from({ length: 20 }, (_, n) => `${String(n)}${'é'.repeat(48)}`) }, true],
    [{ parameters: { temperature: 0.1, format: { type: 'object' } } }, true],
    [{}, false],
    [{ title: null }, false],
    [{ active_message_id: null }, false],
    [{ system: '' }, false],
    [{ model: 'two words' }, false],
    [{ tags: ['a'.repeat(51)] }, false],
    [{ tags: ['\u200b \n'] }, false],
    [{ tags: Array.from({ length: 21 }, (_, n) => String(n)) }, false],
    [{ parameters: { temperature: 2 } }, false],
    [{ pinned: 'true' }, false],
    [{ title_by: 'user' }, false],
  ])('allows and forbids of changes what the service does: %j', async (body, allowed) => {
    const { body: made } = await postJson(`${service.url}/api/history`, {});
    const { status } = await sendJson('PUT', `${service.url}/api/history/${made.id}`, body);
    expect({ status, document: isRequest('UpdateConversation', body) }).toEqual({
      status: allowed ? 200 : 400,
      document: allowed,
    });
  });

  it('states the limits of headers and queries', () => {
    const parameters = described.flatMap((route) => {
      const [method = '', path = ''] = route.split(' ');
      // Queries of other products' APIs have names of their own.
      if (path.startsWith('/v1/')) return [];
      return (operation(method.toLowerCase(), path).parameters ?? []) as any[];
    });
    const schemaOf = (name: string) => parameters.findLast((one) => one.name === name).schema;
    expect(schemaOf('Idempotency-Key')).toMatchObject({ minLength: 1, maxLength: 255 });
    expect(schemaOf('Idempotency-Key').pattern).toBe('^[!-~][ -~]{0,254}$');
    expect(schemaOf('Last-Event-ID').pattern).toBe('^[0-9]{1,15}$');
    expect(schemaOf('Prefer')).toEqual({ type: 'string' });
    for (const name of ['offset', 'after']) {
      expect(schemaOf(name)).toMatchObject({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
    }
  });

  it('shows padlocks only where there are keys', async () => {
    const closed = await startService(ollama, {
      api: { keys: [apiKey('someone', 'a-key-of-twenty-letters')] },
    });
    const documentOf = async (url: string) =>
      (await fetch(`${url}/api/openapi.json`)).json() as Promise<any>;
    const [without, with_] = [await documentOf(service.url), await documentOf(closed.url)];
    await closed.close();
    expect(JSON.stringify(without)).not.toMatch(/"security"|securitySchemes|"401"|### Keys/);
    expect(with_.security).toEqual([{}, { bearer: [] }, { apiKey: [] }]);
    expect(with_.paths['/api/models'].get.responses).toHaveProperty('401');
    expect(with_.paths['/api/health'].get.security).toEqual([]);
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

  it('begins its examples of conversations with ones that work on any', async () => {
    const tried = async (method: string, path: string, id = '') => {
      const { examples } = operation(method, path).requestBody.content['application/json'];
      const [first] = Object.values<{ value: object }>(examples);
      const place = path.replace('{id}', id);
      const answered = await sendJson(method.toUpperCase(), service.url + place, first?.value);
      expectMatchesOpenApi(method.toUpperCase(), place, answered.status, answered.body);
      return answered;
    };
    const made = await tried('post', '/api/history');
    expect(made).toMatchObject({ status: 201, body: { tags: ['work'] } });
    expect(await tried('put', '/api/history/{id}', made.body.id)).toMatchObject({ status: 200 });
    expect(await tried('post', '/api/history/{id}/fork', made.body.id)).toMatchObject({
      status: 201,
      body: { forked_from: { conversation_id: made.body.id } },
    });
  });

  it('shows what its examples say: each is of the shape that it describes', () => {
    for (const route of described) {
      const [method = '', path = ''] = route.split(' ');
      const { content } = operation(method.toLowerCase(), path).requestBody ?? {};
      const { examples = {} } = content?.['application/json'] ?? {};
      for (const [name, { value }] of Object.entries<{ value: unknown }>(examples)) {
        const valid = isBodyOf(method.toLowerCase(), path, value);
        expect({ route, name, valid }).toEqual({ route, name, valid: true });
      }
    }
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
    expect(page).toMatch('name="color-scheme" content="light dark"');

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

  it('keeps no key in the browser, and forgets those that it kept once', async () => {
    const response = await fetch(`${service.url}/api/docs/start.js`);
    const stored = new Map([['authorized', 'a key']]);
    const start = Object.assign(() => ({}), { presets: { apis: [] }, options: {} });
    const SwaggerUIBundle = new Proxy(start, {
      apply: (_target, _this, [options]) => Object.assign(start.options, options),
    });
    runInNewContext(await response.text(), {
      SwaggerUIBundle,
      location: new URL(`${service.url}/api/docs`),
      localStorage: { removeItem: (name: string) => stored.delete(name) },
      window: {},
      document: { documentElement: { classList: { toggle: () => false } } },
      matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
    });
    expect(start.options).toMatchObject({ persistAuthorization: false });
    expect(stored.size).toBe(0);
  });

  it.each(['/api/docs/package.json', '/api/docs/..%2fpackage.json', '/api/docs/index.js'])(
    'gives nothing else away: %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});
