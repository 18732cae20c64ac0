import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { textOf } from '../support/stream-reader.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Rig, told } from './network/rig.js';

describe('a failing network before Ollama', () => {
  let proxy: TcpProxy;
  let rig: Rig;

  beforeAll(async () => {
    const ollama = await FakeOllama.start();
    proxy = await TcpProxy.before(ollama.baseUrl);
    const env = { OLLAMA_BASE_URL: proxy.url, OLLAMA_TIMEOUT: '2', OLLAMA_RETRIES: '1' };
    rig = await Rig.start(env, ollama);
  });
  afterEach(async () => {
    proxy.delayMs = 0;
    // What was held up must not arrive in the next test.
    proxy.reset();
    proxy.flow();
    await proxy.accept();
  });
  afterAll(async () => {
    await rig.remove();
    proxy.close();
  });

  /** A stream of which two tokens are there; the rest comes at the gate. */
  async function begun() {
    const gate = new Gate();
    rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
    const reader = await rig.stream();
    await reader.take(2);
    return { gate, reader };
  }

  it('that refuses is 503, keeps nothing, and is no matter once it is over', async () => {
    const { body: before } = await getJson(rig.url('history'));
    proxy.refuse();
    proxy.reset();
    const refused = await postJson(rig.url('chat'), { message: 'Hi' });
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ reason: 'model_unavailable' });
    expect((await getJson(rig.url('history'))).body.total).toBe(before.total);
    await proxy.accept();
    rig.ollama.next(answer('back'));
    expect((await postJson(rig.url('chat'), { message: 'Hi' })).body.response).toBe('back');
  });

  it.each([
    ['resets', () => proxy.reset()],
    ['closes', () => proxy.cut()],
  ])('that %s the connection before the first byte is tried again', async (_how, fail) => {
    const gate = new Gate();
    rig.ollama.next(script().wait(gate).tokens('never').done()).next(answer('second'));
    const chats = rig.ollama.chats.length;
    const pending = postJson(rig.url('chat'), { message: 'Hi' });
    await rig.ollama.chat(chats);
    fail();
    expect((await pending).body.response).toBe('second');
    gate.open();
  });

  it.each([
    ['resets', () => proxy.reset()],
    ['closes', () => proxy.cut()],
  ])(
    'that %s the connection in the middle of an answer keeps the part there was',
    async (_how, fail) => {
      const { gate, reader } = await begun();
      fail();
      const events = await reader.rest();
      expect(events.map(({ data }) => data)).toMatchObject([
        { code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' },
      ]);
      expect(told(await rig.history(reader))).toEqual([
        'user complete: Hi',
        'assistant failed: ab',
      ]);
      gate.open();
    },
  );

  it('that falls silent in the middle of an answer ends it as a timeout, with the part there was', async () => {
    const { gate, reader } = await begun();
    proxy.stall();
    gate.open();
    const events = await reader.rest();
    expect(events.map(({ data }) => data)).toMatchObject([
      { code: 'TIMEOUT', reason: 'model_silent' },
    ]);
    expect(told(await rig.history(reader))).toEqual(['user complete: Hi', 'assistant failed: ab']);
  });

  it('that takes a request and never answers is 504, and keeps nothing', async () => {
    const { body: before } = await getJson(rig.url('history'));
    proxy.stall();
    const silent = await postJson(rig.url('chat'), { message: 'Hi' });
    expect(silent.status).toBe(504);
    expect(silent.body).toMatchObject({ code: 'TIMEOUT', reason: 'model_silent' });
    expect((await getJson(rig.url('history'))).body.total).toBe(before.total);
  });

  it('that is slow only makes it slower', async () => {
    proxy.delayMs = 100;
    rig.ollama.next(answer('a', 'b', 'c', 'd'));
    const reader = await rig.stream();
    expect(textOf(await reader.rest())).toBe('abcd');
    expect(told(await rig.history(reader))).toEqual([
      'user complete: Hi',
      'assistant complete: abcd',
    ]);
  });

  it('leaves the history readable and the service ready', async () => {
    proxy.refuse();
    proxy.reset();
    const ready = await rig.until(
      'health/ready',
      ({ body }) => body.dependencies.ollama === 'down',
    );
    expect(ready.status).toBe(200);
    expect((await getJson(rig.url('history'))).status).toBe(200);
  });
});
