import { answer, FakeOllama, script, type ChatScript } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';

const CLOUD = 'https://ollama.com:443';

describe('the model of a chat', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start(
      { name: 'llama2' },
      { name: 'hidden', remoteHost: CLOUD },
      { name: 'listed', remoteHost: CLOUD, remoteInTags: true, remoteInShow: false },
      { name: 'gpt-oss:120b-cloud', remoteHost: CLOUD },
      { name: 'embed', capabilities: ['embedding'] },
      {
        name: 'tuned',
        contextLength: 131_072,
        parameters: 'num_ctx    32768\nstop    "</s>"\nstop    "\\n\\nUser:"',
      },
    );
    service = await startService(ollama, { ollama: { retries: 0 } });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  const chat = (body: object) => postJson(`${service.url}/api/chat`, { message: 'Hi', ...body });
  const stream = (body: object) =>
    postJson(`${service.url}/api/chat/stream`, { message: 'Hi', ...body });

  /** Sends it to both routes; both refuse it alike, and no prompt reaches the model server. */
  async function refused(body: object) {
    const prompts = ollama.chats.length;
    const [plain, streamed] = [await chat(body), await stream(body)];
    expect(ollama.chats).toHaveLength(prompts);
    const { request_id: _, ...error } = plain.body;
    expect(streamed.body).toMatchObject(error);
    expect(streamed.status).toBe(plain.status);
    return plain;
  }

  it.each([
    'my model',
    ' llama2',
    'llama2 ',
    'llama2\n',
    'll\tama',
    'a\u00a0b',
    'a\u200bb',
    '\u202ea',
  ])(
    'of a name with white space or what cannot be seen, %j, is the client’s mistake',
    async (model) => {
      const { status, headers, body } = await refused({ model });
      expect(status).toBe(400);
      expect(headers.get('Retry-After')).toBeNull();
      expect(body).toMatchObject({
        reason: 'validation',
        details: [{ field: 'model', message: expect.stringContaining('white space') }],
      });
    },
  );

  it.each([
    'gpt-oss:120b-cloud',
    'gpt-oss:120b-Cloud',
    'GPT-OSS:120B-CLOUD',
    'gpt-oss:cloud',
    'gpt-oss:20b:cloud',
    'library/gpt-oss:120b-cloud',
    'registry.ollama.ai/library/gpt-oss:120b-cLOUD',
    'team/gpt-oss:Cloud',
    'hidden',
    'HIDDEN:latest',
    'listed',
    'LISTED:latest',
  ])('%s lives in a cloud and is sent nothing', async (model) => {
    expect(await refused({ model })).toMatchObject({
      status: 404,
      body: { reason: 'model_not_found' },
    });
  });

  it.each<[string, ChatScript]>([
    ['500', script().error(500)],
    ['404 though it is listed', script().error(404, "model 'llama2' not found")],
    ['HTML', script().html()],
    ['an empty object', script().json({})],
    ['a redirect', script().headers(302, 'text/html').end()],
  ])('is sent nothing where the model server says %s of it', async (_, show) => {
    ollama.models.add({ name: 'fresh' });
    ollama.nextAt('/api/show', show, 2);
    const { status, headers, body } = await refused({ model: 'fresh' });
    expect([status, body.reason]).toEqual([503, 'model_unavailable']);
    expect(headers.get('Retry-After')).toBe('5');
    ollama.models.remove('fresh');
  });

  it('that cannot chat is the client’s mistake', async () => {
    expect(await refused({ model: 'embed' })).toMatchObject({
      status: 400,
      body: { details: [{ field: 'model', message: 'model must be able to chat' }] },
    });
  });

  it('that Ollama finds unfit is the client’s mistake, with the field', async () => {
    ollama.next(script().error(400, '"llama2" does not support chat'), 2);
    for (const { status, headers, body } of [await chat({}), await stream({})]) {
      expect(status).toBe(400);
      expect(headers.get('Retry-After')).toBeNull();
      expect(body).toMatchObject({ reason: 'validation', details: [{ field: 'model' }] });
    }
  });

  it('is sent what its Modelfile asks for, beside what the request asks for', async () => {
    ollama.next(answer('a'), 2);
    await chat({ model: 'tuned', parameters: { stop: ['END', '</s>'] } });
    await chat({ model: 'tuned' });
    const [asked, plain] = ollama.chats.slice(-2).map(({ body }) => body.options);
    expect(asked).toMatchObject({ num_ctx: 32_768, stop: ['END', '</s>', '\n\nUser:'] });
    expect(plain).toMatchObject({ num_ctx: 32_768 });
    expect(plain).not.toHaveProperty('stop');
  });

  it('counts what it counted, and nothing else', async () => {
    ollama.next(
      script().tokens('a').line({ done: true, eval_count: 2, prompt_eval_count: 0.5 }).end(),
    );
    const usage = { prompt_tokens: null, completion_tokens: 2 };
    const { body } = await chat({});
    expect(body.usage).toEqual(usage);
    const generation = await getJson(`${service.url}/api/generations/${body.generation_id}`);
    expect(generation.body.usage).toEqual(usage);
    const history = await getJson(`${service.url}/api/history/${body.conversation_id}`);
    expect(history.body.messages.at(-1).usage).toEqual(usage);
  });

  it('is offered with what it can do, if it can chat', async () => {
    const { body } = await getJson(`${service.url}/api/models`);
    const offered = body.models.map((model: { name: string; capabilities: unknown }) => [
      model.name,
      model.capabilities,
    ]);
    expect(offered).toEqual([
      ['llama2:latest', ['completion']],
      ['tuned:latest', ['completion']],
    ]);
  });
});

describe('a model server that cannot be used', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  it('is one line of the log for each request, without a stack', async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama, { ollama: { retries: 2 } });
    await postJson(`${service.url}/api/chat`, { message: 'Hi', model: 'no-such-model' });
    await ollama.stopListening();
    for (const route of ['chat', 'chat/stream', 'models']) {
      const before = service.log.records.length;
      const { status, body } = await (route === 'models'
        ? getJson(`${service.url}/api/models`)
        : postJson(`${service.url}/api/${route}`, { message: 'Hi' }));
      expect([status, body.reason]).toEqual([503, 'model_unavailable']);
      const logged = service.log.records
        .slice(before)
        .filter(({ level, fields }) => level !== 'debug' && fields['dependency'] === undefined)
        .filter(({ message }) => message !== 'Request served');
      expect(logged).toHaveLength(1);
      expect(logged[0]).toMatchObject({
        level: 'warn',
        fields: { cause: expect.stringContaining('ECONNREFUSED') },
      });
      expect(logged[0]?.fields).not.toHaveProperty('error');
    }
  });

  it('is logged with its remedy at the start, once', async () => {
    ollama = await FakeOllama.start();
    await ollama.stopListening();
    service = await startService(ollama, { ollama: { retries: 0 } });
    const { body } = await getJson(`${service.url}/api/health/ready`);
    expect(body.dependencies).toMatchObject({ ollama: 'down', default_model: 'unknown' });
    const warnings = service.log.records.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([
      {
        level: 'warn',
        message: expect.stringMatching(/ollama serve.*OLLAMA_BASE_URL/),
        fields: expect.objectContaining({ cause: expect.stringContaining('ECONNREFUSED') }),
      },
    ]);
  });

  it('without the default model is named with its remedy, in the log and to the client', async () => {
    ollama = await FakeOllama.start({ name: 'mistral' });
    service = await startService(ollama);
    const { body } = await getJson(`${service.url}/api/health/ready`);
    expect(body.dependencies).toMatchObject({ ollama: 'up', default_model: 'missing' });
    const warnings = service.log.records.filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([{ message: expect.stringContaining('ollama pull llama2') }]);
    const asked = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    expect(asked).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('ollama pull llama2'), reason: 'model_not_found' },
    });
  });

  it('whose default model is one of a cloud is not told to pull it', async () => {
    ollama = await FakeOllama.start({ name: 'gpt-oss:120b-cloud', remoteHost: CLOUD });
    service = await startService(ollama, { models: { default: 'gpt-oss:120b-Cloud' } });
    const { body } = await getJson(`${service.url}/api/health/ready`);
    expect(body.dependencies).toMatchObject({ ollama: 'up', default_model: 'missing' });
    expect(service.log.records.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});
