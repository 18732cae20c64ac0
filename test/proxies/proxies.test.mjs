import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { startService } from '../../scripts/service/start.mjs';
import { HeldModel } from './held-model.mjs';
import { NAME, startProxy } from './start-proxy.mjs';

const PROXIES = (process.env.PROXIES ?? '').split(',').filter(Boolean);
const model = new HeldModel();
/** @type {import('../../scripts/service/start.mjs').StartedService} */
let service;

before(async () => {
  service = await startService({
    OLLAMA_BASE_URL: await model.listen(),
    OLLAMA_DEFAULT_MODEL: 'llama2',
    ALLOWED_HOSTS: NAME,
    TRUST_PROXY: '127.0.0.1',
  });
});
after(async () => {
  model.close();
  await service.stop();
});

/** How each is started: nginx as it is, and with one alone of two means against buffering. */
const STARTS = PROXIES.flatMap((name) =>
  name === 'nginx'
    ? [
        { name, means: undefined, title: 'as it is' },
        { name, means: /** @type {const} */ ('setting'), title: 'its own setting alone' },
        { name, means: /** @type {const} */ ('header'), title: "the service's header alone" },
      ]
    : [{ name, means: undefined, title: 'as it is' }],
);

for (const { name, means, title } of STARTS)
  describe(`the example for ${name}, ${title}`, () => {
    /** @type {Awaited<ReturnType<typeof startProxy>>} */
    let proxy;
    /** @type {import('node:http2').ClientHttp2Session} */
    let session;

    before(async () => {
      proxy = await startProxy(name, new URL(service.url).host, means);
      session = connect(`https://127.0.0.1:${proxy.port}`, {
        servername: NAME,
        rejectUnauthorized: false,
      });
    });
    after(async () => {
      session.destroy();
      await proxy.stop();
    });

    /** Sends a request over HTTP/2. @param {Record<string, string>} headers @param {string} [body] */
    function send(headers, body) {
      const request = session.request({ ':authority': `${NAME}:${proxy.port}`, ...headers });
      request.end(body);
      return request;
    }
    const post = () =>
      send(
        { ':method': 'POST', ':path': '/api/chat/stream', 'content-type': 'application/json' },
        JSON.stringify({ message: 'Hello?' }),
      );

    test(
      'a block is sent on before the model says the next token',
      { timeout: 60_000 },
      async () => {
        const request = post();
        const blocks = blocksOf(request);
        const chat = await model.chat();
        for (const token of ['one ', 'two ', 'three ']) {
          model.say(chat, token);
          assert.deepEqual((await blocks.next()).value, { token });
        }
        model.finish(chat);
        assert.equal((await blocks.next()).value.done, true);
        assert.equal((await blocks.next()).done, true);
      },
    );

    test('who leaves stops the model', { timeout: 60_000 }, async () => {
      const request = post();
      const chat = await model.chat();
      const closed = once(chat, 'close');
      model.say(chat, 'one ');
      await blocksOf(request).next();
      request.close();
      await closed;
      assert.equal(chat.writableFinished, false);
    });

    test('an error of the service stays as it is', { timeout: 60_000 }, async () => {
      const request = send({ ':path': '/api/nothing' });
      const [headers] = await once(request, 'response');
      assert.equal(headers[':status'], 404);
      let text = '';
      for await (const part of request.setEncoding('utf8')) text += part;
      const error = JSON.parse(text);
      assert.equal(error.code, 'NOT_FOUND');
      assert.equal(error.request_id, headers['x-request-id']);
    });
  });

/** Each block of a stream as it comes. @param {import('node:http2').ClientHttp2Stream} request */
async function* blocksOf(request) {
  let rest = '';
  for await (const part of request.setEncoding('utf8')) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks)
      if (block.startsWith('data: ')) yield JSON.parse(block.slice('data: '.length));
  }
}
