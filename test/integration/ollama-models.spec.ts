import { FakeOllama, Gate, script, answer } from '../support/fake-ollama.js';
import { connect, startChat } from '../support/ollama-fixture.js';
import type { OllamaOptions } from '../../src/models/providers/ollama/ollama-options.js';

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
          modifiedAt: '2025-09-01T10:00:00.123Z',
          sizeBytes: 3_826_793_677,
          family: 'llama',
          parameterSize: '7B',
          quantization: 'Q4_0',
          contextLength: 4096,
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
      await provider().assertAllowed('llama2');
      await provider().assertAllowed('llama2:latest');
    });

    test('no unknown one', async () => {
      await expect(provider().assertAllowed('nope')).rejects.toMatchObject({
        status: 404,
        reason: 'model_not_found',
      });
    });

    test('none of a cloud, unless it is named', async () => {
      fake.models.add({ name: 'alias', remoteHost: 'https://ollama.com:443' });
      fake.models.add({ name: 'glm-4.6:cloud', remoteHost: 'https://ollama.com:443' });
      for (const model of ['alias', 'glm-4.6:cloud']) {
        await expect(provider().assertAllowed(model)).rejects.toMatchObject({
          reason: 'model_not_found',
        });
        await provider({ allow: [model] }).assertAllowed(model);
      }
    });

    test('a list admits what it names and nothing else, without asking Ollama', async () => {
      const made = provider({ allow: ['llama2'] });
      await made.assertAllowed('llama2:latest');
      await expect(made.assertAllowed('mistral')).rejects.toMatchObject({
        reason: 'model_not_found',
      });
      expect(fake.requests).toHaveLength(0);
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
    ])('%s', async (_, numCtx, contextLength, expected) => {
      fake.models.add({ name: 'm', contextLength });
      expect(await provider({ numCtx }).contextWindow('m')).toBe(expected);
    });

    test('is asked for once, by all who want it, with the check of the model', async () => {
      const made = provider();
      await Promise.all([
        made.assertAllowed('llama2'),
        made.contextWindow('llama2'),
        made.contextWindow('llama2:latest'),
      ]);
      await made.contextWindow('llama2');
      expect(fake.to('/api/show')).toHaveLength(1);
    });

    test('a model that was not found is asked for again', async () => {
      const made = provider();
      await expect(made.contextWindow('new')).rejects.toMatchObject({ reason: 'model_not_found' });
      fake.models.add({ name: 'new', contextLength: 2048 });
      expect(await made.contextWindow('new')).toBe(2048);
    });

    test('a model that a chat did not find is forgotten', async () => {
      const made = ollama();
      expect(await made.provider.contextWindow('llama2')).toBe(4096);
      fake.models.remove('llama2');
      await expect(startChat(made).end).rejects.toMatchObject({ reason: 'model_not_found' });
      await expect(made.provider.contextWindow('llama2')).rejects.toMatchObject({ status: 404 });
    });

    test('what may pass is tried again', async () => {
      fake.nextAt('/api/show', script().error(503), 2);
      expect(await provider({ retries: 2 }).contextWindow('llama2')).toBe(4096);
    });

    test('nobody listens: 503', async () => {
      await fake.stopListening();
      await expect(provider().contextWindow('llama2')).rejects.toMatchObject({ status: 503 });
    });

    test.each([
      ['500', script().error(500)],
      ['a server without this route', script().headers(404, 'text/plain').raw('no').end()],
      ['nonsense', script().html()],
    ])('%s: a chat is tried all the same', async (_, scripted) => {
      fake.nextAt('/api/show', scripted);
      const made = ollama();
      expect(await made.provider.contextWindow('llama2')).toBe(4096);
      fake.next(answer('ok'));
      await expect(startChat(made).end).resolves.toMatchObject({ finishReason: 'stop' });
    });
  });

  describe('isUp', () => {
    test('tells whether it answers, and never throws', async () => {
      const made = provider();
      expect(await made.isUp(1_000)).toBe(true);
      fake.nextAt('/api/version', script().hang());
      expect(await made.isUp(50)).toBe(false);
      expect(await fake.to('/api/version').at(-1)!.closed).toBe('client_left');
      await fake.stopListening();
      expect(await made.isUp(1_000)).toBe(false);
    });
  });
});
