import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type request from 'supertest';
import { api, edge, eventually, post, raw, use } from '../../support/http-edge-client.js';

const head = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;

describe('bodies', () => {
  use({ api: { maxChatBody: 2 * 1024 * 1024 } });

  it('echoes a whole one', async () => {
    const body = { message: 'Hello', model: 'llama2', parameters: { temperature: 0, stop: ['.'] } };
    const response = await api().post('/api/toys').send(body).expect(200);
    expect(response.body).toEqual(body);
  });

  it.each([
    ['malformed JSON', '{"message": "Hello",', /valid JSON/],
    ['a missing quote', '{"message: "Hello"}', /valid JSON \(see character \d+\)/],
    ['an array', '[]', /JSON object/],
    ['a string', '"x"', /JSON object/],
    ['a number', '1', /JSON object/],
    ['null', 'null', /JSON object/],
    ['true', 'true', /JSON object/],
    ['only white space', '  ', /valid JSON/],
    [
      'arrays nested 19,000 deep',
      `{"message":${'['.repeat(19_000)}${']'.repeat(19_000)}}`,
      /nested/,
    ],
    [
      'objects nested 15,000 deep',
      `{"message":"a","parameters":${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}}`,
      /nested/,
    ],
    [
      'arrays nested 45,000 deep',
      `{"message":${'['.repeat(45_000)}${']'.repeat(45_000)}}`,
      /values/,
    ],
    [
      'an object with 15,000 fields',
      `{"message":"a",${Array.from({ length: 15_000 }, (_, i) => `"k${String(i)}":1`).join()}}`,
      /body must not have more than 1000 fields/,
    ],
    [
      'one with as many inside another',
      `{"message":"a","parameters":{${Array.from({ length: 1_001 }, (_, i) => `"k${String(i)}":1`).join()}}}`,
      /parameters must not have more than 1000 fields/,
    ],
    ['NUL in a text', '{"message":"a\\u0000b"}', /message must be Unicode text/],
    ['a lone high surrogate', '{"message":"\\ud83d"}', /message must be Unicode text/],
    ['a lone low surrogate', '{"message":"\\ude00 a"}', /message must be Unicode text/],
    [
      'NUL deep inside',
      '{"message":"a","parameters":{"stop":["ok","\\u0000"]}}',
      /parameters\.stop\[1\] must be Unicode text/,
    ],
  ])('%s is 400', async (_name, text, sentence) => {
    const response = await post('/api/toys', text).expect(400);
    expect(response.body).toMatchObject({ code: 'INVALID_INPUT', reason: 'validation' });
    expect(response.body.error).toMatch(sentence);
    expect(response.body.details).toHaveLength(1);
  });

  it.each([
    ['a missing body', undefined],
    ['an empty one', ''],
  ])('%s is 400 and says what to send', async (_name, text) => {
    const response = await api().post('/api/toys').send(text).expect(400);
    expect(response.body.error).toContain('Send a JSON object as the body');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
  ])('Content-Type "%s" is 400 and names the right one', async (type) => {
    const header = type ? `Content-Type: ${type}\r\n` : '';
    const response = await raw(
      `POST /api/toys HTTP/1.1\r\nHost: localhost\r\n${header}Content-Length: 15\r\nConnection: close\r\n\r\n{"message":"a"}`,
    );
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(response).toContain('send Content-Type: application/json');
  });

  it('a route that wants no body does not mind one', async () => {
    await post('/api/toys/without-body', '', 'text/plain').expect(200);
    await post('/api/toys/without-body', 'a=1', 'application/x-www-form-urlencoded').expect(200);
    await post('/api/toys/without-body', '{broken').expect(200);
  });

  it('invalid UTF-8 is 400, not silently replaced', async () => {
    const body = Buffer.from('{"message":"\xff\xfe"}', 'latin1');
    const response = await post('/api/toys', body).expect(400);
    expect(response.body.error).toBe('Invalid request: the body must be valid UTF-8');
  });

  it.each(['utf8', 'UTF-8', '"utf-8"', 'latin1', 'utf-16le', 'utf-7', 'x-unknown', ''])(
    'charset %s is no matter where the bytes are UTF-8',
    async (charset) => {
      const type = `application/json; charset=${charset}`;
      const response = await post('/api/toys', '{"message":"é"}', type).expect(200);
      expect(response.body.message).toBe('é');
    },
  );

  it.each([
    ['utf-16le', Buffer.from('{"message":"é"}', 'utf16le')],
    ['utf-16', Buffer.from('\ufeff{"message":"é"}', 'utf16le')],
    ['latin1', Buffer.from('{"message":"é"}', 'latin1')],
  ])('bytes in %s are 400, named or not', async (charset, body) => {
    for (const type of [`application/json; charset=${charset}`, 'application/json']) {
      const response = await post('/api/toys', body, type).expect(400);
      expect(response.body.error).toMatch(/^Invalid request: the body must be valid (UTF-8|JSON)/);
    }
  });

  it('a byte order mark before UTF-8 is none of its text', async () => {
    await post('/api/toys', Buffer.from('\ufeff{"message":"a"}')).expect(200);
  });

  it('reads a compressed body, and says so when it cannot', async () => {
    const text = '{"message":"Hello"}';
    const zipped = gzipSync(text);
    const send = (encoding: string, body: Buffer): request.Test =>
      post('/api/toys', body).set('Content-Encoding', encoding);
    const response = await send('gzip', zipped).expect(200);
    expect(response.body.message).toBe('Hello');
    await send('x-unknown', zipped).expect(400);
    expect((await send('br', brotliCompressSync(text)).expect(200)).body.message).toBe('Hello');
    expect((await send('deflate', deflateSync(text)).expect(200)).body.message).toBe('Hello');
    for (const encoding of ['gzip', 'deflate', 'br']) {
      const wrong = await send(encoding, Buffer.from('this is none of them')).expect(400);
      expect(wrong.body.error).toContain('check Content-Encoding');
    }
    await send('gzip', zipped.subarray(0, 10)).expect(400);
    await send('gzip, gzip', gzipSync(zipped)).expect(400);
    const bomb = gzipSync(`{"message":"${'a'.repeat(300_000)}"}`);
    await send('gzip', bomb).expect(413);
    await send('br', brotliCompressSync(Buffer.alloc(300_000, 0x20))).expect(413);
  });

  it('more than 256 KiB is 413', async () => {
    const text = `{"message":"${'a'.repeat(256 * 1024)}"}`;
    const response = await post('/api/toys', text).expect(413);
    expect(response.body).toMatchObject({
      error: 'The body is larger than 256 KiB',
      code: 'PAYLOAD_TOO_LARGE',
      reason: 'body_too_large',
    });
    const chunked = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    expect(await raw(`${head('/api/toys')}Transfer-Encoding: chunked\r\n\r\n${chunked}`)).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });

  it('a route may take more', async () => {
    const text = `{"text":"${'a'.repeat(1024 * 1024)}"}`;
    expect((await post('/api/toys/large', text).expect(200)).body).toEqual({ length: 1024 * 1024 });
    const larger = await post('/api/toys/large', text + ' '.repeat(1024 * 1024)).expect(413);
    expect(larger.body.error).toBe('The body is larger than 2 MiB');
  });

  it('a chunked one is read however it is cut', async () => {
    const chunks = ['{"mess', 'age":"', 'Hello"}'].map((part) => `${part.length}\r\n${part}\r\n`);
    const response = await raw(
      `${head('/api/toys')}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks.join('')}0\r\n\r\n`,
    );
    expect(response).toMatch(/^HTTP\/1.1 200 /);
    expect(response).toContain('"message":"Hello"');
  });

  it('10,000 escaped emoji pass, 10,001 do not', async () => {
    const emoji = '\\ud83d\\ude00';
    await post('/api/toys', `{"message":"${emoji.repeat(10_000)}"}`).expect(200);
    await post('/api/toys', `{"message":"${emoji.repeat(10_001)}"}`).expect(400);
  });

  it('a letter and its variation selector are two', async () => {
    await api()
      .post('/api/toys')
      .send({ message: 'a\ufe0f'.repeat(5_000) })
      .expect(200);
    await api()
      .post('/api/toys')
      .send({ message: 'a\ufe0f'.repeat(5_001) })
      .expect(400);
  });

  it('null is absence: the default for an optional field, an error for a required one', async () => {
    const body = { message: 'a', model: null, parameters: { temperature: null } };
    const response = await api().post('/api/toys').send(body).expect(200);
    expect(response.body).toEqual({ message: 'a', model: 'the default', parameters: {} });
    await api().post('/api/toys').send({ message: 'a', parameters: null }).expect(200);
    const missing = await api().post('/api/toys').send({ message: null }).expect(400);
    expect(missing.body.details[0].field).toBe('message');
  });

  it.each([
    ['texts', '""', ''],
    ['objects', '{ }', ' '],
    ['arrays', '[]', '\n'],
    ['pairs', '["a,[{","\\\\"]', ''],
  ])('20,000 values pass, one more is 400: %s', async (_name, value, space) => {
    const each = value.includes('a') ? 3 : 1;
    // The body, its three fields, and what the list holds; none of them twice.
    const count = (20_000 - 4) / each;
    const body = (items: number): string =>
      `{"message":"a","parameters":{"any":[${Array<string>(items).fill(value).join(`,${space}`)}]}}`;
    const passed = await post('/api/toys', body(Math.floor(count))).expect(400);
    expect(passed.body.error).toBe('Invalid request: unknown field parameters.any');
    const refused = await post('/api/toys', body(Math.floor(count) + 1)).expect(400);
    expect(refused.body.error).toBe(
      'Invalid request: the body must not hold more than 20000 values',
    );
  });

  it('names that every object inherits are unknown fields', async () => {
    for (const name of ['hasOwnProperty', 'toString', 'valueOf', '__defineGetter__', 'prototype']) {
      for (const [body, field] of [
        [`{"message":"a","${name}":1}`, name],
        [`{"message":"a","parameters":{"${name}":{}}}`, `parameters.${name}`],
      ] as const) {
        const response = await post('/api/toys', body).expect(400);
        expect(response.body.details).toEqual([{ field, message: 'unknown field' }]);
      }
      await api().get(`/api/toys?${name}=1`).expect(200);
    }
  });

  it('prototype keys have no effect', async () => {
    const text =
      '{"message":"a","__proto__":{"model":"evil"},"constructor":{"prototype":{"x":1}},"parameters":{"__proto__":{"temperature":1}}}';
    await post('/api/toys', '{"message":"a","__proto__":null,"constructor":null}').expect(200);
    const response = await post('/api/toys', text).expect(200);
    expect(response.body).toEqual({ message: 'a', model: 'the default', parameters: {} });
    expect({}).not.toHaveProperty('x');
  });

  it.each([
    [{ message: 'a', parameters: { temperature: '0.5' } }, 'parameters.temperature', /number/],
    [
      { message: 'a', parameters: { temperature: 1.1 } },
      'parameters.temperature',
      /not be greater/,
    ],
    [{ message: 'a', parameters: { max_tokens: 1.5 } }, 'parameters.max_tokens', /integer/],
    [{ message: 'a', parameters: { max_tokens: true } }, 'parameters.max_tokens', /integer/],
    [{ message: 'a', parameters: { stop: 'x'.length } }, 'parameters.stop', /string/],
    [{ message: 'a', parameters: [] }, 'parameters', /JSON object/],
    [{ message: 'a', parameters: [{ temperature: 0 }] }, 'parameters', /JSON object/],
    [{ message: 'a', parameters: 'x' }, 'parameters', /JSON object/],
    [{ message: 7 }, 'message', /string of 1 to 10000 characters/],
    [{ message: '' }, 'message', /string of 1 to 10000 characters/],
    [{ message: ['a'] }, 'message', /string of 1 to 10000 characters/],
    [{}, 'message', /string of 1 to 10000 characters/],
    [{ message: 'a', other: 1 }, 'other', /^unknown field$/],
    [{ message: 'a', other: null }, 'other', /^unknown field$/],
    [{ message: 'a', parameters: { other: null } }, 'parameters.other', /^unknown field$/],
    [{ message: 'a', temperature: 1 }, 'temperature', /^temperature belongs in parameters$/],
    [
      { message: 'a', parameters: { model: 'x' } },
      'parameters.model',
      /^model belongs at the top level$/,
    ],
  ])('%j names %s', async (body, field, message) => {
    const response = await api().post('/api/toys').send(body).expect(400);
    expect(response.body.details).toEqual([{ field, message: expect.stringMatching(message) }]);
    expect(response.body.error).toContain(field);
  });

  it('never repeats a value, and bounds what it repeats of names', async () => {
    const body = { message: 'a', parameters: { temperature: 'sk-secret' }, ['n'.repeat(5000)]: 1 };
    const response = await api().post('/api/toys').send(body).expect(400);
    expect(response.text).not.toContain('sk-secret');
    expect(response.text.length).toBeLessThan(1000);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1]));
    const crowded = await api().post('/api/toys').send(many).expect(400);
    expect(crowded.body.details).toHaveLength(20);
    expect(crowded.body.error).toContain('(and 500 more)');
  });

  it('a request that breaks off is logged as such and no failure of ours', async () => {
    const socket = connect(edge.port, '127.0.0.1');
    const head = 'POST /api/toys HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: gone\r\n';
    const type = 'Content-Type: application/json\r\nContent-Length: 100\r\n';
    socket.write(`${head}${type}Expect: 100-continue\r\n\r\n`);
    await once(socket, 'data');
    socket.write('{"mess');
    socket.destroy();
    const line = await eventually(() =>
      edge.logger.of('Request served').find(({ fields }) => fields.request_id === 'gone'),
    );
    expect(line.fields).toMatchObject({ aborted: true });
    expect(edge.logger.of('Request failed unexpectedly')).toEqual([]);
  });
});
