import { FakeOpenAi, completed, completion, type FakeOpenAiModel } from '../support/fake-openai.js';
import { connectOpenAi } from '../support/openai-fixture.js';
import { lacks } from '../../src/domain/model.js';

describe('models of a server of OpenAI’s chat API', () => {
  let fake: FakeOpenAi;
  let openAi: ReturnType<typeof connectOpenAi>;

  beforeEach(async () => {
    fake = await FakeOpenAi.start();
    openAi = connectOpenAi(fake);
  });

  afterEach(async () => {
    openAi.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  const resolved = async (model: FakeOpenAiModel) => {
    fake.add(model);
    return openAi.provider.resolve(model.id);
  };

  test.each([
    ['vLLM', { max_model_len: 32_768 }, 32_768],
    ['llama.cpp', { meta: { n_ctx: 4096, n_ctx_train: 131_072 } }, 4096],
    ['others', { context_length: 65_536 }, 65_536],
    ['what is no length', { max_model_len: '4096', context_length: 0 }, 8192],
    ['nothing', {}, 8192],
  ])('the context is what the list says: %s', async (_, more, contextTokens) => {
    expect(await resolved({ id: 'm', ...more })).toMatchObject({ contextTokens });
  });

  test('where the list says nothing, it is the configured one', async () => {
    openAi.close();
    openAi = connectOpenAi(fake, { contextTokens: 1024 });
    expect(await resolved({ id: 'm' })).toMatchObject({ contextTokens: 1024 });
    expect(await resolved({ id: 'n', max_model_len: 2048 })).toMatchObject({ contextTokens: 2048 });
  });

  test.each([
    ['nothing', {}, null, []],
    ['only text', { input_modalities: ['text'] }, ['completion'], ['vision']],
    [
      'images',
      { architecture: { input_modalities: ['text', 'image'] } },
      ['completion', 'vision'],
      [],
    ],
    ['parameters', { supported_parameters: ['tools'] }, ['completion', 'tools'], ['thinking']],
  ])('capabilities: what the server says is %s', async (_, more, capabilities, lacking) => {
    const profile = await resolved({ id: 'm', ...more });
    expect(profile.capabilities).toEqual(capabilities);
    expect(['vision', 'tools', 'thinking'].filter((one) => lacks(profile, one))).toEqual(lacking);
  });

  test.each([
    [{ n_vocab: 49_152 }, 'small'],
    [{ n_vocab: 151_936 }, 'large'],
    [{}, 'large'],
  ])('the vocabulary is what llama.cpp says: %j', async (meta, vocabulary) => {
    expect(await resolved({ id: 'm', meta })).toMatchObject({ vocabulary });
  });

  test('names are compared exactly, and may have slashes', async () => {
    await resolved({ id: 'openai/gpt-oss-20b' });
    await expect(openAi.provider.resolve('OpenAI/gpt-oss-20b')).rejects.toMatchObject({
      reason: 'model_not_found',
    });
    await expect(openAi.provider.resolve('llama2:latest')).rejects.toMatchObject({ status: 404 });
  });

  test('what the list has of a model', async () => {
    fake.add({ id: 'm', created: 1_700_000_000, max_model_len: 4096, meta: { size: 123 } });
    expect((await openAi.provider.list())[1]).toEqual({
      name: 'm',
      provider: 'openai',
      modifiedAt: '2023-11-14T22:13:20.000Z',
      sizeBytes: 123,
      family: null,
      parameterSize: null,
      quantization: null,
      contextLength: 4096,
      capabilities: null,
    });
  });

  test('names that no chat may use are not listed, with one warning', async () => {
    fake.add({ id: 'x'.repeat(101) });
    fake.add({ id: 'two words' });
    for (let count = 0; count < 2; count += 1) await openAi.provider.list();
    expect((await openAi.provider.list()).map(({ name }) => name)).toEqual(['llama2']);
    const warnings = openAi.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([{ fields: { left_out: 2 } }]);
  });

  test.each([
    ['no list', { data: null }],
    ['an error', { error: 'no' }],
  ])('%s: model_unavailable', async (_, answer) => {
    fake.nextAt('/v1/models', completion().json(answer));
    await expect(openAi.provider.list()).rejects.toMatchObject({ reason: 'model_unavailable' });
  });

  test('MODEL_ALLOW names count as listed', async () => {
    openAi.close();
    openAi = connectOpenAi(fake, { allow: ['unlisted'] });
    expect(await openAi.provider.resolve('unlisted')).toMatchObject({ contextTokens: 8192 });
    await expect(openAi.provider.resolve('llama2')).rejects.toMatchObject({ status: 404 });
    expect(await openAi.provider.list()).toEqual([]);
  });

  test('a known model is that model while its server is down; a new name is 503', async () => {
    await openAi.provider.resolve('llama2');
    await fake.stopListening();
    expect(await openAi.provider.resolve('llama2')).toMatchObject({ contextTokens: 8192 });
    await expect(openAi.provider.resolve('new')).rejects.toMatchObject({ status: 503 });
  });

  test('one that the server no longer has is looked up again', async () => {
    await openAi.provider.resolve('llama2');
    fake.remove('llama2');
    await expect(openAi.chat().end).rejects.toMatchObject({ reason: 'model_not_found' });
    await expect(openAi.provider.resolve('llama2')).rejects.toMatchObject({ status: 404 });
  });

  test('a server that is not there for a moment is asked for its list again', async () => {
    openAi.close();
    openAi = connectOpenAi(fake, { retries: 2 });
    fake.nextAt('/v1/models', completion().error(503, 'Loading model'));
    expect(await openAi.provider.resolve('llama2')).toMatchObject({ contextTokens: 8192 });
    fake.next(completed('ok'));
    await openAi.chat().end;
  });
});
