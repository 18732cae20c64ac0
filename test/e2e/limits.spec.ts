import { randomUUID } from 'node:crypto';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import type { SettingsOverrides } from '../support/settings.js';
import { StreamReader } from '../support/stream-reader.js';

describe('limits of a client', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });
  const start = async (overrides: SettingsOverrides): Promise<void> => {
    service = await startService(ollama, overrides);
  };

  it('streams at once: the next is 429, and one that ends makes room', async () => {
    await start({ rateLimit: { enabled: true, requests: 100, readRequests: 100, streams: 2 } });
    const url = `${service.url}/api/chat/stream`;
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).done());
    const first = await StreamReader.post(url, { message: 'Hi' });
    const second = await StreamReader.post(url, { message: 'Hi' });
    await Promise.all([first.next(), second.next()]);
    const third = await postJson(url, { message: 'Hi' });
    expect(third.status).toBe(429);
    expect(third.body).toMatchObject({ code: 'RATE_LIMIT', reason: 'streams_limit' });
    expect(third.headers.get('Retry-After')).toMatch(/^\d+$/);
    gate.open();
    await Promise.all([first.rest(), second.rest()]);
    const fourth = await StreamReader.post(url, { message: 'Hi' });
    expect(await fourth.rest()).toHaveLength(2);
  });

  it('plain answers take no stream slot', async () => {
    await start({ rateLimit: { enabled: true, requests: 100, readRequests: 100, streams: 1 } });
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done()).next(answer('b'));
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.next();
    expect((await postJson(`${service.url}/api/chat`, { message: 'Hi' })).status).toBe(200);
    gate.open();
    await reader.rest();
  });

  it('both chat routes share one budget, and a 4xx counts', async () => {
    await start({ rateLimit: { enabled: true, requests: 3, readRequests: 100, streams: 5 } });
    ollama.always(answer('a'));
    expect((await postJson(`${service.url}/api/chat`, { message: 'Hi' })).status).toBe(200);
    expect((await postJson(`${service.url}/api/chat`, {})).status).toBe(400);
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.rest();
    const limited = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    expect(limited.status).toBe(429);
    expect(limited.body).toMatchObject({ code: 'RATE_LIMIT', reason: 'requests_limit' });
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(limited.headers.get('RateLimit')).not.toBeNull();
    expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
  });

  it('a cancel of a generation that is not there is a read, one that is there is free', async () => {
    await start({ rateLimit: { enabled: true, requests: 100, readRequests: 2, streams: 5 } });
    ollama.next(script().tokens('a').hang());
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    const known = (await reader.next()) && reader.response.headers.get('X-Generation-Id');
    const cancel = (id: string) => postJson(`${service.url}/api/generations/${id}/cancel`, {});
    const unknown = await cancel(randomUUID());
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('RateLimit')).toMatch(/^"requests";r=1;t=\d+$/);
    expect((await getJson(`${service.url}/api/history`)).status).toBe(200);
    const limited = await cancel(randomUUID());
    expect(limited.status).toBe(429);
    expect(limited.body).toMatchObject({ code: 'RATE_LIMIT', reason: 'requests_limit' });
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
    for (let again = 0; again < 3; again += 1) {
      const receipt = await cancel(String(known));
      expect(receipt.status).toBe(200);
      expect(receipt.headers.get('RateLimit')).toBeNull();
    }
  });

  it('a full queue is 503 with the time to come back; a waiting one is served in its turn', async () => {
    await start({ generation: { maxConcurrent: 1, maxQueued: 1 } });
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done()).next(answer('b'));
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'One' });
    await reader.next();
    const waiting = postJson(
      `${service.url}/api/chat`,
      { message: 'Two' },
      { Prefer: 'respond-async' },
    );
    expect((await waiting).body.status).toBe('queued');
    const refused = await postJson(`${service.url}/api/chat`, { message: 'Three' });
    expect(refused.status).toBe(503);
    expect(refused.body.reason).toBe('queue_full');
    expect(refused.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
    gate.open();
    await reader.rest();
    const { id } = (await waiting).body;
    const second = await StreamReader.open(`${service.url}/api/generations/${id}/stream`);
    expect((await second.rest()).at(0)?.data).toEqual({ token: 'b' });
  });
});
