import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, type JsonAnswer } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import type { SettingsOverrides } from '../support/settings.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

/** What an answer may take, but for the few tokens of its prompt. */
const MAX_TOKENS = 1000;
const ASK = { message: 'Hi', parameters: { max_tokens: MAX_TOKENS } };

const secondsLeft = (windowEnd: Date) => (windowEnd.getTime() - Date.now()) / 1000;
const tomorrow = (): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
};
const nextMonth = (): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
};

const REFUSAL = { code: 'RATE_LIMIT', reason: 'tokens_limit' };

function expectRetryAt(answer: JsonAnswer, end: Date): void {
  const retry = Number(answer.headers.get('Retry-After'));
  expect(Math.abs(retry - secondsLeft(end))).toBeLessThan(60);
}

describeOnEveryStore('a quota of tokens', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const start = async (rateLimit: NonNullable<SettingsOverrides['rateLimit']>): Promise<void> => {
    service = await startService(ollama, { history: { storage: storage.target }, rateLimit });
  };
  const chat = (body: object = ASK, headers: Record<string, string> = {}) =>
    postJson(`${service.url}/api/chat`, body, headers);
  const usage = async () => (await getJson(`${service.url}/api/usage`)).body;
  const done = (prompt: number, completion: number) =>
    script().tokens('a').done({ usage: { prompt, completion } });

  it('is passed by one answer, then nothing reaches the model until its window ends', async () => {
    await start({ tokensDay: 100, tokensMonth: 0 });
    ollama.next(done(60, 39)).next(done(500, 1));
    const first = await chat();
    expect(first.status).toBe(200);
    expect(first.headers.get('RateLimit-Policy')).toBe('"tokens-day";q=100;w=86400');
    expect(first.headers.get('RateLimit')).toMatch(/^"tokens-day";r=100;t=\d+$/);
    expect((await usage()).limits).toEqual({
      tokens_day: { limit: 100, used: 99, remaining: 1, resets_at: tomorrow().toISOString() },
      tokens_month: null,
    });
    expect((await chat()).headers.get('RateLimit')).toMatch(/^"tokens-day";r=1;t=\d+$/);
    const refused = await chat();
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject(REFUSAL);
    expect(refused.headers.get('RateLimit')).toMatch(/^"tokens-day";r=0;t=\d+$/);
    expectRetryAt(refused, tomorrow());
    expect(ollama.chats).toHaveLength(2);
    expect((await usage()).limits.tokens_day).toMatchObject({ used: 600, remaining: 0 });
    expect((await getJson(`${service.url}/api/history`)).body.total).toBe(2);
  });

  it('of a month counts beside the others, and lets go at the end of the month', async () => {
    await start({ enabled: true, requests: 50, streams: 5, tokensDay: 1000, tokensMonth: 80 });
    ollama.next(done(70, 10));
    const first = await chat();
    expect(first.headers.get('RateLimit')).toMatch(
      /^"generation";r=49;t=60, "tokens-day";r=1000;t=\d+, "tokens-month";r=80;t=\d+$/,
    );
    const refused = await chat();
    expect(refused.status).toBe(429);
    expectRetryAt(refused, nextMonth());
    expect(refused.headers.get('RateLimit-Policy')).toMatch(
      /^"generation";q=50;w=60, "tokens-day";q=1000;w=86400, "tokens-month";q=80;w=\d+$/,
    );
    const days = (await usage()).limits;
    expect(days.tokens_month.resets_at).toBe(nextMonth().toISOString());
  });

  it('counts what running answers may take: whoever waits for these is told to come back soon', async () => {
    await start({ tokensDay: MAX_TOKENS });
    const gate = new Gate();
    ollama.next(
      script()
        .tokens('a')
        .wait(gate)
        .done({ usage: { prompt: 5, completion: 1 } }),
    );
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, ASK);
    await reader.next();
    const refused = await chat();
    expect(refused.body).toMatchObject(REFUSAL);
    expect(refused.headers.get('Retry-After')).toBe('1');
    gate.open();
    await reader.rest();
    ollama.next(done(5, 1));
    expect((await chat()).status).toBe(200);
  });

  it('takes nothing from a retry of what was answered, nor from what failed at once', async () => {
    await start({ tokensDay: 50 });
    ollama.next(script().error(500));
    expect((await chat()).status).toBe(503);
    ollama.next(done(50, 5));
    const key = { 'Idempotency-Key': 'once' };
    const first = await chat(ASK, key);
    expect(first.status).toBe(200);
    const again = await chat(ASK, key);
    expect(again.status).toBe(200);
    expect(again.body.generation_id).toBe(first.body.generation_id);
    expect((await chat()).status).toBe(429);
    expect((await usage()).total).toEqual({
      generations: 1,
      prompt_tokens: 50,
      completion_tokens: 5,
    });
  });

  it('counts the conversation that a turn brings to the model', async () => {
    await start({ tokensDay: 1500 });
    const long = 'The quick brown fox jumps over the lazy dog. '.repeat(100);
    ollama.next(
      script()
        .tokens(long)
        .done({ usage: { prompt: 5, completion: 5 } }),
    );
    const { body } = await chat({ message: 'Hi', parameters: { max_tokens: 10 } });
    const gate = new Gate();
    ollama.next(script().wait(gate).tokens('a').done());
    const running = chat({ ...ASK, conversation_id: body.conversation_id });
    await ollama.chat(1);
    const refused = await chat();
    gate.open();
    expect((await running).status).toBe(200);
    // Some 1,000 tokens of history and as many of its answer, though no token had come yet.
    expect(refused.body).toMatchObject(REFUSAL);
    ollama.next(done(1, 1));
    expect((await chat()).status).toBe(200);
  });
});

describeOnSharedStores('a quota of tokens over several workers', (makeStorage) => {
  it('lets exactly as many of forty requests at once through as it admits', async () => {
    const ollama = await FakeOllama.start();
    const storage = await makeStorage();
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).done());
    const settings = { history: { storage: storage.target }, rateLimit: { tokensDay: 9500 } };
    const workers = [await startService(ollama, settings), await startService(ollama, settings)];
    try {
      let refused = 0;
      const answers = Array.from({ length: 40 }, async (_, index) => {
        const answer = await postJson(`${workers[index % 2]?.url ?? ''}/api/chat`, ASK);
        if (answer.status !== 200) refused += 1;
        if (refused === 30) gate.open();
        return answer;
      });
      await ollama.chat(9);
      const settled = await Promise.all(answers);
      const admitted = settled.filter(({ status }) => status === 200);
      expect(admitted).toHaveLength(10);
      for (const answer of settled)
        if (answer.status !== 200) expect(answer.body).toMatchObject(REFUSAL);
      expect(ollama.chats).toHaveLength(10);
      const { body } = await getJson(`${workers[1]?.url ?? ''}/api/usage`);
      expect(body.total).toEqual({
        generations: 10,
        prompt_tokens: 120,
        completion_tokens: 10,
      });
    } finally {
      gate.open();
      for (const worker of workers) await worker.close();
      await storage.dispose();
      await ollama.close();
    }
  }, 60_000);
});
