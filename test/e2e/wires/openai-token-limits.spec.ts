import { FakeOllama, script } from '../../support/fake-ollama.js';
import { postJson } from '../../support/http-client.js';
import { makeKey } from '../../support/keys.js';
import { expectDocumentedHeaders } from '../../support/openapi-validator.js';
import { startService, type RunningService } from '../../support/service.js';
import type { SettingsOverrides } from '../../support/settings.js';
import { sqliteStorage } from '../../support/storages.js';

const CHAT = '/v1/chat/completions';
const RESPONSES = '/v1/responses';
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const COMPLETION = { model: 'llama2', messages: MESSAGES, max_tokens: 10 };
const RESPONSE = { model: 'llama2', input: 'Hi', max_output_tokens: 10 };

/** `limit/remaining`; null where an answer has neither header. */
function tokensIn(headers: Headers): string | null {
  const limit = headers.get('x-ratelimit-limit-tokens');
  const remaining = headers.get('x-ratelimit-remaining-tokens');
  return limit === null && remaining === null ? null : `${limit}/${remaining}`;
}

describe("what is left of a quota, in the headers of OpenAI's API", () => {
  let ollama: FakeOllama;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await ollama.close();
  });

  const start = async (overrides: SettingsOverrides): Promise<void> => {
    service = await startService(ollama, overrides);
  };
  const spend = (tokens: number) =>
    ollama.next(
      script()
        .tokens('a')
        .done({ usage: { prompt: tokens - 1, completion: 1 } }),
    );
  const post = (path: string, body: object, headers?: Record<string, string>) =>
    postJson(service.url + path, body, headers);
  const streamed = async (path: string, body: object): Promise<Headers> => {
    const response = await fetch(service.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    await response.text();
    const { status, headers } = response;
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toContain('text/event-stream');
    expectDocumentedHeaders('POST', path, status, headers);
    return headers;
  };

  it('is that of the day or of the month: the one of which less is left', async () => {
    await start({ rateLimit: { tokensDay: 400, tokensMonth: 1000 } });
    spend(100);
    const whole = await post(CHAT, COMPLETION);
    expect(whole.status).toBe(200);
    expect(tokensIn(whole.headers)).toBe('400/400');
    spend(50);
    expect(tokensIn(await streamed(CHAT, { ...COMPLETION, stream: true }))).toBe('400/300');
    spend(20);
    const response = await post(RESPONSES, RESPONSE);
    expect(response.status).toBe(200);
    expect(tokensIn(response.headers)).toBe('400/250');
    spend(10);
    const last = await streamed(RESPONSES, { ...RESPONSE, stream: true });
    expect(tokensIn(last)).toBe('400/230');
    expect(last.get('RateLimit')).toMatch(/^"tokens-day";r=230;t=\d+, "tokens-month";r=830;t=\d+$/);
  });

  it('is never below nothing, and is told with the refusal', async () => {
    await start({ rateLimit: { tokensDay: 1000, tokensMonth: 80 } });
    spend(500);
    expect(tokensIn((await post(CHAT, COMPLETION)).headers)).toBe('80/80');
    for (const [path, body] of [
      [CHAT, COMPLETION],
      [CHAT, { ...COMPLETION, stream: true }],
      [RESPONSES, RESPONSE],
      [RESPONSES, { ...RESPONSE, stream: true }],
    ] as const) {
      const refused = await post(path, body);
      expect(refused.status).toBe(429);
      expect(refused.body.error.reason).toBe('tokens_limit');
      expect(tokensIn(refused.headers)).toBe('80/0');
    }
  });

  it('is told with a failure of the model, too', async () => {
    await start({ rateLimit: { tokensDay: 70 } });
    ollama.next(script().error(500));
    const failed = await post(CHAT, COMPLETION);
    expect(failed.status).toBe(503);
    expect(tokensIn(failed.headers)).toBe('70/70');
  });

  it('is that of the key, and of no key without a quota', async () => {
    const storage = await sqliteStorage();
    try {
      const limited = await makeKey(storage, 'limited', '--tokens-day', '60');
      const free = await makeKey(storage, 'free');
      await start({ history: { storage: storage.target } });
      spend(5);
      expect(tokensIn((await post(CHAT, COMPLETION, limited)).headers)).toBe('60/60');
      spend(5);
      const other = await post(CHAT, COMPLETION, free);
      expect(other.status).toBe(200);
      expect(tokensIn(other.headers)).toBeNull();
      await service.close();
    } finally {
      await storage.dispose();
    }
  });

  it('is not told where nothing is limited, nor by the other APIs of the service', async () => {
    await start({});
    spend(5);
    expect(tokensIn((await post(CHAT, COMPLETION)).headers)).toBeNull();
    spend(5);
    expect(tokensIn((await post(RESPONSES, RESPONSE)).headers)).toBeNull();
    await service.close();
    await start({ rateLimit: { tokensDay: 400 } });
    for (const [path, body] of [
      ['/api/chat', { message: 'Hi' }],
      ['/api/ollama/api/chat', { model: 'llama2', messages: MESSAGES, stream: false }],
    ] as const) {
      spend(5);
      const native = await post(path, body);
      expect(native.status).toBe(200);
      expect(native.headers.get('RateLimit')).toContain('"tokens-day"');
      expect(tokensIn(native.headers)).toBeNull();
    }
    spend(5);
    const stream = await streamed('/api/chat/stream', { message: 'Hi' });
    expect(tokensIn(stream)).toBeNull();
  });
});
