import { jest } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import {
  dataUrl,
  dataUrlOf,
  freshPng,
  mediaTypeOf,
  PICTURES,
  type PictureName,
} from '../support/pictures.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey } from '../support/settings.js';
import {
  describeOnDurableStores,
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { AppError } from '../../src/common/errors/app-error.js';
import { Store } from '../../src/store/store.js';

const SEER = 'seer';
const MODELS = [
  { name: 'llama2' },
  { name: SEER, capabilities: ['completion', 'vision'], contextLength: 8192 },
  { name: 'unknown', capabilities: null },
];
const NAMES = Object.keys(PICTURES) as PictureName[];
const said = () => script().tokens('A', ' cat').done();
const idOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** What a message shows of an image. */
function shown(data: Buffer, conversation: string, mediaType = 'image/png') {
  const id = idOf(data);
  const url = `/api/history/${conversation}/images/${id}`;
  return { id, media_type: mediaType, bytes: data.length, url };
}

/** A client of one service. */
function clientOf(service: RunningService) {
  const { url } = service;
  return {
    ask: (body: object, headers: Record<string, string> = {}) =>
      postJson(`${url}/api/chat`, { model: SEER, ...body }, headers),
    conversation: async (id: string) => (await getJson(`${url}/api/history/${id}`)).body,
    /** The bytes at a path of the service; null where there are none. */
    bytes: async (path: string): Promise<Buffer | null> => {
      const response = await fetch(url + path);
      const body = Buffer.from(await response.arrayBuffer());
      return response.status === 200 ? body : null;
    },
    remove: (id: string) => sendJson('DELETE', `${url}/api/history/${id}`),
    used: () => service.app.get(Store).images.usedBytes('default'),
  };
}

describeOnEveryStore('images', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history });
    client = clientOf(service);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  it('go to the model with the text, as one message, and are shown and served', async () => {
    ollama.next(said());
    const images = [...NAMES.map(dataUrlOf), { data: PICTURES.png, media_type: 'image/png' }];
    const { status, body } = await client.ask({ message: 'What is this?', images });
    expect(status).toBe(200);
    const base64 = [...NAMES.map((name) => PICTURES[name]), PICTURES.png];
    expect(ollama.chats.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'What is this?', images: base64 },
    ]);
    const { conversation_id: id } = body;
    const { messages } = await client.conversation(id);
    const pictures = [...NAMES, 'png' as const].map((name) =>
      shown(Buffer.from(PICTURES[name], 'base64'), id, mediaTypeOf(name)),
    );
    expect(messages).toMatchObject([{ images: pictures }, { images: null }]);
    for (const [index, { url }] of pictures.entries())
      expect((await client.bytes(url))?.toString('base64')).toBe(base64[index]);
  });

  it('are served as what they are, to be kept and not to be run', async () => {
    ollama.next(said());
    const data = freshPng({ bytes: 600_000 });
    const { body } = await client.ask({ images: [dataUrl(data)] });
    const { url, id } = shown(data, body.conversation_id);
    const response = await fetch(service.url + url);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '600000',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-disposition': `inline; filename="${id.slice(0, 12)}.png"`,
      etag: `"${id}"`,
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(data)).toBe(true);

    const head = await fetch(service.url + url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      '600000',
      '',
    ]);
    const again = await fetch(service.url + url, { headers: { 'If-None-Match': `"${id}"` } });
    expect([again.status, await again.text()]).toEqual([304, '']);

    for (const [accept, type] of [
      ['image/avif,image/webp,*/*;q=0.8', 'image/png'],
      ['image/png, application/octet-stream', 'image/png'],
      ['application/json', 'image/png'],
      ['application/octet-stream', 'application/octet-stream'],
    ] as const) {
      const { headers } = await fetch(service.url + url, { headers: { Accept: accept } });
      expect({ accept, type: headers.get('content-type') }).toEqual({ accept, type });
      expect(headers.get('vary')).toMatch(/\bAccept\b/);
    }

    for (const path of [
      url.replace(id, idOf(freshPng())),
      url.replace(body.conversation_id, 'unknown'),
      url.replace(id, '..%2f..%2fetc%2fpasswd'),
    ]) {
      const answer = await getJson(service.url + path);
      expect([answer.status, answer.body.reason]).toEqual([404, 'image_not_found']);
    }
  });

  it('of earlier turns are seen by the model, unless it cannot see', async () => {
    ollama.next(said(), 3);
    const [first, second] = [freshPng(), freshPng()];
    const { body } = await client.ask({ message: 'This?', images: [dataUrl(first)] });
    const { conversation_id } = body;
    await client.ask({ conversation_id, images: [dataUrl(second)] });
    const turns = [
      { role: 'user', content: 'This?', images: [first.toString('base64')] },
      { role: 'assistant', content: 'A cat' },
      { role: 'user', content: '', images: [second.toString('base64')] },
    ];
    expect(ollama.chats.at(-1)?.body.messages).toEqual(turns);
    await client.ask({ conversation_id, message: 'Sure?', model: 'llama2' });
    expect(ollama.chats.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'This?' },
      { role: 'assistant', content: 'A cat' },
      { role: 'user', content: '' },
      { role: 'assistant', content: 'A cat' },
      { role: 'user', content: 'Sure?' },
    ]);
  });

  it('are sent again with a question that is answered again', async () => {
    ollama.next(said(), 2);
    const data = freshPng();
    const { body } = await client.ask({ message: 'This?', images: [dataUrl(data)] });
    const { conversation_id } = body;
    await client.ask({ conversation_id, regenerate: true });
    expect(ollama.chats.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'This?', images: [data.toString('base64')] },
    ]);
    const blind = await client.ask({ conversation_id, regenerate: true, model: 'llama2' });
    expect([blind.status, blind.body.details[0].field]).toEqual([400, 'images']);
    expect((await client.conversation(conversation_id)).messages).toHaveLength(2);
  });

  it('alone are a message, in a conversation without a name yet', async () => {
    ollama.next(said(), 2);
    for (const message of [undefined, '']) {
      const { body } = await client.ask({ message, images: [dataUrlOf('webp')] });
      const { title, messages } = await client.conversation(body.conversation_id);
      expect(title).toBe('New conversation');
      expect(messages).toMatchObject([{ content: '' }, { content: 'A cat' }]);
    }
  });

  it('are stored once, and go with the last conversation that has them', async () => {
    ollama.next(said(), 3);
    const before = await client.used();
    const data = freshPng({ bytes: 300_000 });
    const images = [dataUrl(data), { data: data.toString('base64'), media_type: 'image/png' }];
    const [one, two] = [await client.ask({ images }), await client.ask({ images })];
    expect(await client.used()).toBe(before + 300_000);
    await client.ask({ message: 'x', conversation_id: one.body.conversation_id });
    await client.remove(one.body.conversation_id);
    expect(await client.bytes(shown(data, one.body.conversation_id).url)).toBeNull();
    expect(await client.bytes(shown(data, two.body.conversation_id).url)).toHaveLength(300_000);
    await client.remove(two.body.conversation_id);
    expect(await client.used()).toBe(before);
  });

  it('are part of what an idempotency key stands for, however they are written', async () => {
    ollama.next(said());
    const key = { 'Idempotency-Key': idOf(freshPng()) };
    const data = freshPng();
    const first = await client.ask({ message: 'This?', images: [dataUrl(data)] }, key);
    const object = { data: data.toString('base64'), media_type: 'image/png' };
    const again = await client.ask({ message: 'This?', images: [object] }, key);
    expect(again.headers.get('Idempotency-Replayed')).toBe('true');
    expect(again.body.message_id).toBe(first.body.message_id);
    const others = [{ images: [dataUrl(freshPng())] }, { images: [object, object] }, {}];
    for (const other of others) {
      const { status, body } = await client.ask({ message: 'This?', ...other }, key);
      expect([status, body.reason]).toEqual([409, 'idempotency_mismatch']);
    }
  });

  it('of a turn that does not begin leave nothing behind', async () => {
    const before = await client.used();
    const chats = ollama.chats.length;
    const images = [dataUrl(freshPng({ bytes: 20_000 }))];
    const list = await getJson(`${service.url}/api/history?limit=100`);
    const unknown = await client.ask({ images, conversation_id: 'not-there' });
    expect([unknown.status, unknown.body.reason]).toEqual([404, 'conversation_not_found']);
    const blind = await client.ask({ images, model: 'llama2' });
    expect([blind.status, blind.body.reason]).toEqual([400, 'validation']);
    expect(blind.body.details).toMatchObject([{ field: 'images' }]);
    expect(ollama.chats).toHaveLength(chats);
    expect((await getJson(`${service.url}/api/history?limit=100`)).body.total).toBe(
      list.body.total,
    );
    expect(await client.used()).toBe(before);
  });

  it.each([
    ['a failure', () => script().error(500), 503],
    ['an image that it cannot read', () => script().error(400, 'Failed to load image'), 400],
  ])(
    'of a turn that ends before its first token by %s are gone at once',
    async (_, failure, status) => {
      const before = await client.used();
      ollama.next(failure());
      const images = [dataUrl(freshPng({ bytes: 20_000 }))];
      const answer = await client.ask({ images });
      expect(answer.status).toBe(status);
      if (status === 400) expect(answer.body.details).toMatchObject([{ field: 'images' }]);
      expect(await client.used()).toBe(before);
    },
  );

  it('of a turn that fails stay until its end is stored: a process that dies before leaves a message', async () => {
    const { generations } = service.app.get(Store);
    const before = await client.used();
    const finish = jest.spyOn(generations, 'finish');
    const used: number[] = [];
    finish.mockImplementationOnce(async (...end) => {
      used.push(await client.used());
      return generations.finish(...end);
    });
    ollama.next(script().error(500));
    expect((await client.ask({ images: [dataUrl(freshPng({ bytes: 20_000 }))] })).status).toBe(503);
    finish.mockRestore();
    expect([...used, await client.used()]).toEqual([before + 20_000, before]);
  });

  it('of a claim that may be stored stay until the sweep', async () => {
    const { generations, images: store } = service.app.get(Store);
    const before = await client.used();
    const claim = jest.spyOn(generations, 'claim');
    claim.mockRejectedValueOnce(
      new AppError('store_unavailable', 'The reply of the store was lost'),
    );
    expect((await client.ask({ images: [dataUrl(freshPng({ bytes: 20_000 }))] })).status).toBe(503);
    claim.mockRestore();
    expect(await client.used()).toBe(before + 20_000);
    await store.sweep(Date.now() + 1);
    expect(await client.used()).toBe(before);
  });

  it('of a turn that is cancelled before its first token stay with its message', async () => {
    const gate = new Gate();
    ollama.next(script().wait(gate).done());
    const generation_id = randomUUID();
    const asking = client.ask({ images: [dataUrlOf('png')], generation_id });
    await ollama.chat(ollama.chats.length);
    await postJson(`${service.url}/api/generations/${generation_id}/cancel`);
    const { conversation_id } = (await asking).body;
    const { messages } = await client.conversation(conversation_id);
    expect(await client.bytes(messages[0].images[0].url)).toEqual(
      Buffer.from(PICTURES.png, 'base64'),
    );
    gate.open();
  });

  it('are never in the log', () => {
    const written = JSON.stringify(service.log.records);
    for (const name of NAMES) expect(written).not.toContain(PICTURES[name].slice(20, 60));
  });
});

describeOnDurableStores('images after a restart', (makeStorage) => {
  it('are there, and are sent to the model again', async () => {
    const ollama = await FakeOllama.start(...MODELS);
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const first = await startService(ollama, { history });
    ollama.next(said(), 2);
    const data = freshPng({ bytes: 700_000 });
    const { body } = await clientOf(first).ask({ images: [dataUrl(data)] });
    const { conversation_id } = body;
    await first.close();
    const second = await startService(ollama, { history });
    const client = clientOf(second);
    const { url } = shown(data, conversation_id);
    expect((await client.bytes(url))?.equals(data)).toBe(true);
    await client.ask({ conversation_id, message: 'Sure?' });
    expect(ollama.chats.at(-1)?.body.messages[0]).toEqual({
      role: 'user',
      content: '',
      images: [data.toString('base64')],
    });
    await client.remove(conversation_id);
    expect(await client.used()).toBe(0);
    await second.close();
    await storage.dispose();
    await ollama.close();
  });
});

describeOnSharedStores('images of two workers', (makeStorage) => {
  it('are stored once, served by both, and go with the last use', async () => {
    const ollama = await FakeOllama.start(...MODELS);
    const storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const services = [
      await startService(ollama, { history }),
      await startService(ollama, { history }),
    ] as const;
    const [here, there] = [clientOf(services[0]), clientOf(services[1])];
    const data = freshPng({ bytes: 300_000 });
    const images = [dataUrl(data)];
    ollama.next(said(), 9);
    let last = (await here.ask({ images })).body.conversation_id;
    for (let round = 0; round < 4; round += 1) {
      const [{ body }] = await Promise.all([there.ask({ images }), here.remove(last)]);
      last = body.conversation_id;
      const { url } = shown(data, last);
      for (const client of [here, there])
        expect((await client.bytes(url))?.equals(data)).toBe(true);
      const again = await here.ask({ conversation_id: last, message: 'Sure?' });
      expect(again.status).toBe(200);
      expect(ollama.chats.at(-1)?.body.messages[0].images).toEqual([data.toString('base64')]);
    }
    expect(await there.used()).toBe(300_000);
    await here.remove(last);
    expect(await there.used()).toBe(0);
    for (const service of services) await service.close();
    await storage.dispose();
    await ollama.close();
  });
});

describe('what is asked of images', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    service = await startService(ollama, { history: { maxImageBytes: 50_000 } });
    client = clientOf(service);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it.each([
    ['a URL', ['https://example.org/cat.png'], 'images[0]'],
    ['a path', ['/etc/passwd'], 'images[0]'],
    ['a GIF', ['data:image/gif;base64,R0lGODlh'], 'images[0]'],
    ['a PNG called JPEG', [dataUrl(freshPng(), 'image/jpeg')], 'images[0]'],
    ['no base64', [dataUrlOf('png'), `${dataUrlOf('png')}\n`], 'images[1]'],
    ['a bomb of pixels', [dataUrl(freshPng({ width: 50_001, height: 1_000 }))], 'images[0]'],
    ['nine', Array.from({ length: 9 }, () => dataUrlOf('png')), 'images'],
    ['no list', dataUrlOf('png'), 'images'],
    ['an empty text', '', 'images'],
    ['false', false, 'images'],
    ['an object', {}, 'images'],
    ['null in the list', [null], 'images[0]'],
    ['NUL in one', [`${dataUrlOf('png')}\0`], 'images[0]'],
  ])('%s is refused before anything is stored or sent', async (_name, images, field) => {
    for (const path of ['/api/chat', '/api/chat/stream']) {
      const body = { model: SEER, message: 'Hi', images };
      const answer = await postJson(service.url + path, body);
      expect([answer.status, answer.body.reason]).toEqual([400, 'validation']);
      expect(answer.body.details).toMatchObject([{ field }]);
    }
    expect(await client.used()).toBe(0);
    expect(ollama.chats).toHaveLength(0);
    expect((await getJson(`${service.url}/api/history`)).body.total).toBe(0);
  });

  it.each([
    ['neither message nor images', {}, 'message'],
    ['an empty message without images', { message: '', images: [] }, 'message'],
    ['an empty message and null', { message: '', images: null }, 'message'],
    ['images with regenerate', { regenerate: true, images: [dataUrlOf('png')] }, 'images'],
    ['images for a blind model', { model: 'llama2', images: [dataUrlOf('png')] }, 'images'],
  ])('%s is refused', async (_name, body, field) => {
    const answer = await client.ask(body);
    expect([answer.status, answer.body.details[0].field]).toEqual([400, field]);
  });

  it('none, or null, are none; a model that does not say is asked', async () => {
    ollama.next(said(), 3);
    expect((await client.ask({ message: 'Hi', images: [] })).status).toBe(200);
    expect((await client.ask({ message: 'Hi', images: null, model: 'llama2' })).status).toBe(200);
    expect(ollama.chats.at(-1)?.body.messages).toEqual([{ role: 'user', content: 'Hi' }]);
    const answer = await client.ask({ model: 'unknown', images: [dataUrlOf('png')] });
    expect(answer.status).toBe(200);
  });

  it('beyond the room of their owner are 413, and leave the others as they are', async () => {
    ollama.next(said(), 2);
    const before = await client.used();
    const images = [dataUrl(freshPng({ bytes: 30_000 })), dataUrl(freshPng({ bytes: 30_000 }))];
    const { status, body } = await client.ask({ images });
    expect([status, body.code, body.reason]).toEqual([413, 'PAYLOAD_TOO_LARGE', 'images_full']);
    expect(await client.used()).toBe(before);
    expect((await client.ask({ images: images.slice(1) })).status).toBe(200);
    expect((await client.ask({ images: images.slice(1) })).status).toBe(200);
  });
});

describe('bodies beyond MAX_CHAT_BODY', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(...MODELS);
    service = await startService(ollama, { api: { maxChatBody: 256 * 1024 } });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  type Init = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };
  const data = freshPng({ bytes: 900_000 });
  const object = { data: data.toString('base64'), media_type: 'image/png' };
  const body = JSON.stringify({
    message: 'Hi "you"',
    model: SEER,
    images: [dataUrl(data), object],
  });
  const pieces = (text: string) =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < text.length; at += 50_000)
          controller.enqueue(Buffer.from(text.slice(at, at + 50_000)));
        controller.close();
      },
    });
  const send = ({ headers, ...init }: Init) =>
    fetch(`${service.url}/api/chat`, {
      method: 'POST',
      ...init,
      headers: { 'Content-Type': 'application/json', ...headers },
    });

  it.each<[string, () => Init]>([
    ['as they are', () => ({ body })],
    ['in chunks', () => ({ body: pieces(body), duplex: 'half' })],
    ['with slashes escaped', () => ({ body: body.replaceAll('/', '\\/') })],
    ['compressed', () => ({ body: gzipSync(body), headers: { 'Content-Encoding': 'gzip' } })],
  ])('bring images, %s', async (_name, init) => {
    ollama.next(said());
    const response = await send(init());
    expect(response.status).toBe(200);
    const [message] = ollama.chats.at(-1)?.body.messages ?? [];
    const base64 = data.toString('base64');
    expect(message.content).toBe('Hi "you"');
    expect(message.images).toHaveLength(2);
    for (const image of message.images) expect(image === base64).toBe(true);
  });

  it.each([
    ['a text', JSON.stringify({ message: 'a'.repeat(300_000) })],
    ['texts in images', JSON.stringify({ images: Array(100).fill('a'.repeat(4_000)) })],
    ['blanks', `{"message":"Hi"${' '.repeat(300_000)}}`],
  ])('bring nothing else: %s', async (_name, text) => {
    for (const init of [{ body: text }, { body: pieces(text), duplex: 'half' as const }]) {
      const response = await send(init);
      const { reason } = (await response.json()) as { reason: string };
      expect([response.status, reason]).toEqual([413, 'body_too_large']);
    }
  });

  it('beyond what images can be are refused unread', async () => {
    const response = await raw(
      new URL(service.url),
      'POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 120000000\r\n\r\n',
    );
    expect(response).toMatch(/^HTTP\/1\.1 413 /);
  });
});

/** What comes back for some bytes. */
async function raw({ hostname, port }: URL, text: string): Promise<string> {
  const socket = connect(Number(port), hostname);
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('images in URLs and owners', () => {
  it('have the prefix of a trusted proxy, and are not another owner’s', async () => {
    const ollama = await FakeOllama.start(...MODELS);
    const keys = ['first-key-0123456789', 'second-key-0123456789'];
    const api = {
      keys: keys.map((key, index) => apiKey(`owner${index}`, key)),
      trustProxy: 1,
    };
    const service = await startService(ollama, { api });
    const headers = { 'X-Api-Key': keys[0] ?? '', 'X-Forwarded-Prefix': '/chat' };
    ollama.next(said());
    const data = freshPng();
    const { body } = await postJson(
      `${service.url}/api/chat`,
      { model: SEER, images: [dataUrl(data)] },
      headers,
    );
    const path = `/api/history/${body.conversation_id}`;
    const { messages } = (await getJson(service.url + path, headers)).body;
    const url = `${path}/images/${idOf(data)}`;
    expect(messages[0].images[0].url).toBe(`/chat${url}`);
    expect((await fetch(service.url + url, { headers })).status).toBe(200);
    const other = await getJson(service.url + url, { 'X-Api-Key': keys[1] ?? '' });
    expect([other.status, other.body.reason]).toEqual([404, 'image_not_found']);
    await service.close();
    await ollama.close();
  });
});
