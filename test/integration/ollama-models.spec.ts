import { FakeOllama, Gate, script, type ChatScript } from '../support/fake-ollama.js';
import { connect, startChat } from '../support/ollama-fixture.js';
import type { OllamaOptions } from '../../src/models/providers/ollama/ollama.js';

describe('OllamaModelProvider', () => {
  let fake: FakeOllama;
  const opened: { close(): void }[] = [];
  const ollama = (changes: Partial<OllamaOptions> = {}) => {
    const made = connect(fake.baseUrl, changes);
    opened.push(made);
    return made;
  };
  const provider = (changes: Partial<OllamaOptions> = {}) => ollama(changes).provider;
  const names = async (changes: Partial<OllamaOptions> = {}) =>
    (await provider(changes).list()).map(({ name }) => name);

  beforeEach(async () => {
    fake = await FakeOllama.start({ name: 'llama2', contextLength: 4096 });
  });

  afterEach(async () => {
    for (const made of opened.splice(0)) made.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  describe('the list', () => {
    test('has what a chooser needs', async () => {
      expect(await provider().list()).toEqual([
        {
          name: 'llama2:latest',
          provider: 'ollama',
          modifiedAt: '2025-09-01T10:00:00.123Z',
          sizeBytes: 3_826_793_677,
          family: 'llama',
          parameterSize: '7B',
          quantization: 'Q4_0',
          contextLength: 4096,
          capabilities: ['completion'],
        },
      ]);
    });

    test('asks for the details of a model once, until its content changes', async () => {
      const made = provider();
      fake.models.add({ name: 'mistral', contextLength: 32_768 });
      await made.list();
      await made.list();
      expect(fake.to('/api/show')).toHaveLength(2);
      fake.models.add({ name: 'mistral', contextLength: 16_384 });
      const again = await made.list();
      expect(again.map(({ contextLength }) => contextLength)).toEqual([4096, 16_384]);
      expect(fake.to('/api/show')).toHaveLength(3);
    });

    test('one failing detail does not fail the list, and is asked for again', async () => {
      fake.models.add({ name: 'mistral', contextLength: 32_768 });
      fake.nextAt('/api/show', script().error(500));
      const made = provider();
      const lengths = async () => (await made.list()).map(({ contextLength }) => contextLength);
      expect(await lengths()).toEqual([null, 32_768]);
      expect(await lengths()).toEqual([4096, 32_768]);
    });

    test('asks few details at a time, and each list but once', async () => {
      for (let count = 0; count < 10; count += 1) fake.models.add({ name: `m${count}` });
      const gate = new Gate();
      fake.nextAt('/api/show', script().wait(gate).error(500), 11);
      const made = provider();
      const [first, second] = [made.list(), made.list()];
      while (fake.to('/api/show').length < 4) await new Promise(setImmediate);
      expect(fake.to('/api/show')).toHaveLength(4);
      gate.open();
      expect(await first).toHaveLength(11);
      expect(await second).toHaveLength(11);
      expect(fake.to('/api/tags')).toHaveLength(1);
    });

    test('does not wait for slow details for ever, and has them later', async () => {
      fake.models.addMany(40);
      const made = provider();
      const gate = new Gate();
      fake.nextAt('/api/show', script().wait(gate).error(500), 41);
      const lengths = async () => (await made.list()).map(({ contextLength }) => contextLength);
      expect(await lengths()).toEqual(Array(41).fill(null));
      gate.open();
      let known = await lengths();
      while (known.includes(null)) known = await lengths();
      expect(known).toEqual(Array(41).fill(4096));
    }, 15_000);

    test('of 2,000 models asks for each once', async () => {
      fake.models.addMany(2_000);
      const made = provider();
      const infos = async () => (await made.list()).filter((info) => info.contextLength !== null);
      while ((await infos()).length < 2_001) continue;
      const asked = fake.to('/api/show').length;
      expect(asked).toBe(2_001);
      fake.models.add({ name: 'm7', contextLength: 5 });
      expect(await infos()).toHaveLength(2_001);
      expect(fake.to('/api/show')).toHaveLength(asked + 1);
    }, 60_000);

    test('leaves out what cannot chat, and keeps what does not say', async () => {
      fake.models.add({ name: 'embed', capabilities: ['embedding'] });
      fake.models.add({ name: 'see', capabilities: ['completion', 'vision'] });
      fake.models.add({ name: 'old', capabilities: null });
      const listed = (await provider().list()).map((info) => [info.name, info.capabilities]);
      expect(listed).toEqual([
        ['llama2:latest', ['completion']],
        ['see:latest', ['completion', 'vision']],
        ['old:latest', null],
      ]);
    });

    test('leaves out what lives in a cloud, told by name, list or details', async () => {
      const remoteHost = 'https://ollama.com:443';
      fake.models.add({ name: 'gpt-oss:120b-cloud', remoteHost });
      fake.models.add({ name: 'alias', remoteHost, remoteInTags: true });
      fake.models.add({ name: 'hidden', remoteHost });
      expect(await names()).toEqual(['llama2:latest']);
      const allow = ['hidden', 'gpt-oss:120b-cloud'];
      expect(await names({ allow })).toEqual(['gpt-oss:120b-cloud', 'hidden:latest']);
    });

    test('an Ollama without models has an empty list', async () => {
      fake.nextAt('/api/tags', script().json({ models: null }));
      expect(await provider().list()).toEqual([]);
    });

    test.each([
      ['500', script().error(500)],
      ['HTML', script().html()],
      ['something else', script().json({ models: 'none' })],
      ['a reset', script().reset()],
    ])('%s: 503', async (_, scripted) => {
      fake.nextAt('/api/tags', scripted);
      await expect(provider().list()).rejects.toMatchObject({
        status: 503,
        reason: 'model_unavailable',
      });
    });

    test('nobody listens: 503', async () => {
      await fake.stopListening();
      await expect(provider({ retries: 3 }).list()).rejects.toMatchObject({ status: 503 });
    });
  });

  describe('which models may be used', () => {
    test('every local one, by its short or its full name', async () => {
      await provider().resolve('llama2');
      await provider().resolve('llama2:latest');
    });

    test('no unknown one', async () => {
      await expect(provider().resolve('nope')).rejects.toMatchObject({
        status: 404,
        reason: 'model_not_found',
      });
    });

    test('none of a cloud, unless it is named', async () => {
      fake.models.add({ name: 'alias', remoteHost: 'https://ollama.com:443' });
      fake.models.add({ name: 'glm-4.6:cloud', remoteHost: 'https://ollama.com:443' });
      for (const model of ['alias', 'glm-4.6:cloud']) {
        await expect(provider().resolve(model)).rejects.toMatchObject({
          reason: 'model_not_found',
        });
        await provider({ allow: [model] }).resolve(model);
      }
    });

    test('a list admits what it names; nothing else is asked for', async () => {
      const made = provider({ allow: ['llama2'] });
      await expect(made.resolve('mistral')).rejects.toMatchObject({ reason: 'model_not_found' });
      expect(fake.requests).toHaveLength(0);
      await made.resolve('llama2:latest');
    });

    test.each(['my model', ' llama2', 'llama2\n', 'gpt-oss:cloud\u00a0', '\u202allama2'])(
      'not one of the name %j, which a server could take for another',
      async (model) => {
        await expect(provider().resolve(model)).rejects.toMatchObject({
          status: 400,
          reason: 'validation',
          details: [{ field: 'model', message: expect.stringContaining('white space') }],
        });
        expect(fake.requests).toHaveLength(0);
      },
    );

    test.each(['unqualified name: registry.ollama.ai/library/ä:latest', 'invalid model path'])(
      'not one of a name that Ollama does not take: %s',
      async (words) => {
        fake.nextAt('/api/show', script().error(500, words));
        await expect(provider().resolve('ä')).rejects.toMatchObject({
          status: 400,
          details: [{ field: 'model' }],
        });
      },
    );

    test('not one that cannot chat', async () => {
      fake.models.add({ name: 'embed', capabilities: ['embedding'] });
      await expect(provider().resolve('embed')).rejects.toMatchObject({
        status: 400,
        details: [{ field: 'model', message: 'model must be able to chat' }],
      });
    });
  });

  describe('a model of which nobody says where it runs', () => {
    const silent: [string, ChatScript][] = [
      ['500', script().error(500)],
      ['401', script().error(401)],
      ['a page for an unknown route', script().headers(404, 'text/plain').raw('no').end()],
      ['404, while it is listed', script().error(404, 'not found')],
      ['HTML', script().html()],
      ['no JSON', script().raw('{').end()],
      ['an empty object', script().json({})],
      [
        'another object',
        script().json({ status: 'ok', model: 'llama2', template: '', details: null }),
      ],
      ['an error with 200', script().json({ error: 'no', details: { family: 'llama' } })],
      ['a redirect', script().headers(302, 'text/html').end()],
    ];

    test.each(silent)('%s: 503, and a chat when it is named', async (_, show) => {
      fake.nextAt('/api/show', show, 2);
      await expect(provider().resolve('llama2')).rejects.toMatchObject({
        status: 503,
        reason: 'model_unavailable',
        retryAfter: expect.any(Number),
      });
      expect(await provider({ allow: ['llama2'] }).resolve('llama2')).toEqual({
        contextTokens: 4096,
        stop: [],
        vocabulary: 'large',
        capabilities: null,
      });
    });

    test('no answer in time: 503, and the server is asked no longer', async () => {
      fake.nextAt('/api/show', script().hang());
      await expect(provider().resolve('llama2')).rejects.toMatchObject({ status: 503 });
      expect(await fake.to('/api/show')[0]!.closed).toBe('client_left');
    }, 15_000);

    test('the next chat asks again', async () => {
      const made = provider();
      fake.nextAt('/api/show', script().error(500));
      await expect(made.resolve('llama2')).rejects.toMatchObject({ status: 503 });
      expect(await made.resolve('llama2')).toMatchObject({ contextTokens: 4096 });
    });

    test('is taken for what it was when the list was read, while its content is the same', async () => {
      const made = provider();
      await made.list();
      fake.nextAt('/api/show', script().error(500), 2);
      expect(await made.resolve('llama2')).toMatchObject({ contextTokens: 4096 });
      fake.models.add({ name: 'llama2', contextLength: 2048 });
      await expect(made.resolve('llama2')).rejects.toMatchObject({ status: 503 });
    });

    test('is refused where the list says that it is a cloud’s', async () => {
      fake.models.add({ name: 'alias', remoteHost: 'https://ollama.com', remoteInTags: true });
      fake.nextAt('/api/show', script().error(500));
      await expect(provider().resolve('alias')).rejects.toMatchObject({
        reason: 'model_not_found',
      });
    });

    test.each([
      ['a number', { remote_host: 1 }],
      ['an object', { remote_model: {} }],
      ['a blank', { remote_host: ' ' }],
    ])('%s in the place of a host is a host', async (_, fields) => {
      fake.nextAt('/api/show', script().json({ details: { family: 'llama' }, ...fields }));
      await expect(provider().resolve('llama2')).rejects.toMatchObject({
        reason: 'model_not_found',
      });
    });

    test('a name that stands for another content since is looked at anew', async () => {
      const made = provider();
      await made.list();
      await made.resolve('llama2');
      fake.models.add({ name: 'llama2', remoteHost: 'https://ollama.com' });
      await made.has('llama2');
      await expect(made.resolve('llama2')).rejects.toMatchObject({ reason: 'model_not_found' });
    });
  });

  describe('the context window', () => {
    test.each([
      ['the model’s own', null, 4096, 4096],
      ['at most 8,192 unless configured', null, 131_072, 8192],
      ['as configured', 16_384, 131_072, 16_384],
      ['never more than the model can hold', 16_384, 4096, 4096],
      ['Ollama’s default where the model does not say', null, null, 4096],
      ['as configured where the model does not say', 16_384, null, 16_384],
    ])('%s', async (_, contextTokens, contextLength, expected) => {
      fake.models.add({ name: 'm', contextLength });
      expect(await provider({ contextTokens }).resolve('m')).toMatchObject({
        contextTokens: expected,
      });
    });

    test.each([
      ['counts', 32_768, null, 131_072, 32_768],
      ['counts where it is small', 2_048, null, 131_072, 2_048],
      ['counts up to what is configured', 32_768, 16_384, 131_072, 16_384],
      ['counts before a larger configured one', 2_048, 16_384, 131_072, 2_048],
      ['counts up to what the model can hold', 32_768, null, 4096, 4096],
      ['counts where the model does not say what it can hold', 32_768, null, null, 32_768],
    ])('the num_ctx of a Modelfile %s', async (_, own, contextTokens, contextLength, expected) => {
      const parameters = `temperature                    0.1\nnum_ctx                        ${own}`;
      fake.models.add({ name: 'm', contextLength, parameters });
      expect(await provider({ contextTokens }).resolve('m')).toMatchObject({
        contextTokens: expected,
      });
    });

    test('is asked for once, by all who want it, with the check of the model', async () => {
      const made = provider();
      await Promise.all([
        made.resolve('llama2'),
        made.resolve('llama2'),
        made.resolve('llama2:latest'),
      ]);
      await made.resolve('llama2');
      expect(fake.to('/api/show')).toHaveLength(1);
    });

    test('a model that was not found is asked for again', async () => {
      const made = provider();
      await expect(made.resolve('new')).rejects.toMatchObject({ reason: 'model_not_found' });
      fake.models.add({ name: 'new', contextLength: 2048 });
      expect(await made.resolve('new')).toMatchObject({ contextTokens: 2048 });
    });

    test('a model that a chat did not find is forgotten', async () => {
      const made = ollama();
      expect((await made.provider.resolve('llama2')).contextTokens).toBe(4096);
      fake.models.remove('llama2');
      await expect(startChat(made).end).rejects.toMatchObject({ reason: 'model_not_found' });
      await expect(made.provider.resolve('llama2')).rejects.toMatchObject({ status: 404 });
    });

    test('what may pass is tried again', async () => {
      fake.nextAt('/api/show', script().error(503), 2);
      expect(await provider({ retries: 2 }).resolve('llama2')).toMatchObject({
        contextTokens: 4096,
      });
    });

    test('nobody listens: 503', async () => {
      await fake.stopListening();
      await expect(provider().resolve('llama2')).rejects.toMatchObject({ status: 503 });
    });
  });

  describe('check', () => {
    test('is over once it answers, and fails otherwise', async () => {
      const made = provider();
      await made.check(1_000);
      fake.nextAt('/api/version', script().hang());
      await expect(made.check(50)).rejects.toMatchObject({ reason: 'model_unavailable' });
      expect(await fake.to('/api/version').at(-1)!.closed).toBe('client_left');
      await fake.stopListening();
      await expect(made.check(1_000)).rejects.toMatchObject({ reason: 'model_unavailable' });
    });
  });
});
