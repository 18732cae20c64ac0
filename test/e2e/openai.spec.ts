import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answer, FakeOllama } from '../support/fake-ollama.js';
import { completed, completion, FakeOpenAi } from '../support/fake-openai.js';
import { loadedFiles } from '../support/loaded-files.js';
import { ServiceProcess } from '../support/service-process.js';

/** The real process, asked over HTTP, before a scripted server of OpenAI's chat API. */
describe('a server of OpenAI’s chat API', () => {
  let openAi: FakeOpenAi;
  let service: ServiceProcess;

  const start = async (env: Record<string, string> = {}): Promise<void> => {
    service = await ServiceProcess.start({ OPENAI_BASE_URL: openAi.baseUrl, ...env });
  };
  const get = async (path: string): Promise<any> => (await fetch(`${service.url}${path}`)).json();
  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  const ask = async (body: object) => {
    const response = await post('/api/chat', body);
    return { status: response.status, body: (await response.json()) as any };
  };

  beforeEach(async () => {
    openAi = await FakeOpenAi.start({ id: 'qwen3', max_model_len: 4096 });
  });

  afterEach(async () => {
    await service.remove();
    await openAi.close();
    openAi.assertNoUnexpected();
  });

  describe('alone (OLLAMA_ENABLED=false)', () => {
    const ALONE = { OLLAMA_ENABLED: 'false' };

    it('lists its models, the first of which is the default, and answers', async () => {
      await start({ ...ALONE, OPENAI_API_KEY: 'sk-of-the-test' });
      openAi.next(completed('Hello', '!'));
      expect(await ask({ message: 'Hi' })).toMatchObject({
        status: 200,
        body: {
          response: 'Hello!',
          model: 'qwen3',
          finish_reason: 'stop',
          usage: { prompt_tokens: 12, completion_tokens: 2 },
          context: { window: 4096 },
        },
      });
      expect(openAi.chats[0]!.headers.authorization).toBe('Bearer sk-of-the-test');
      expect(await get('/api/models')).toMatchObject({
        models: [{ name: 'qwen3', provider: 'openai', size: null, context_length: 4096 }],
        default_model: 'qwen3',
      });
      const { dependencies } = await get('/api/health/ready');
      expect(dependencies).toMatchObject({ openai: 'up' });
      expect(dependencies).not.toHaveProperty('ollama');
      expect(JSON.stringify(service.log)).not.toContain('sk-of-the-test');
    });

    it('streams, with thinking and calls of any arguments, which the history keeps', async () => {
      await start(ALONE);
      openAi.next(
        completion()
          .thinking('Hm')
          .tokens('Let', ' me')
          .calls(
            { id: 'a', name: 'look', arguments: { city: 'Rome' } },
            { id: 'b', name: 'look', arguments: 'Rome' },
          )
          .done({ reason: 'tool_calls' }),
      );
      const tools = [{ type: 'function', function: { name: 'look' } }];
      const response = await post('/api/chat/stream', { message: 'Hi', tools });
      const blocks = (await response.text())
        .split('\n\n')
        .filter((block) => block.startsWith('data: '))
        .map((block) => JSON.parse(block.slice(6)));
      const odd = { id: 'b', name: 'look', arguments: null, arguments_text: 'Rome' };
      expect(blocks).toMatchObject([
        { thinking: 'Hm' },
        { token: 'Let' },
        { token: ' me' },
        { tool_call: { id: 'a', name: 'look', arguments: { city: 'Rome' } } },
        { tool_call: odd },
        { done: true, finish_reason: 'tool_calls' },
      ]);
      const { messages } = await get(`/api/history/${blocks.at(-1).conversation_id}`);
      expect(messages.at(-1)).toMatchObject({ thinking: 'Hm', tool_calls: [{}, odd] });
    });

    it.each([false, true])(
      'gives clients of OpenAI’s chat the arguments as the model wrote them, and takes them back (stream: %s)',
      async (stream) => {
        await start(ALONE);
        const text = '{"city":';
        openAi.next(
          completion()
            .calls({ id: 'b', name: 'look', arguments: text })
            .done({ reason: 'tool_calls' }),
        );
        const tools = [{ type: 'function', function: { name: 'look' } }];
        const question = { role: 'user', content: 'Hi' };
        const body = { model: 'qwen3', messages: [question], tools, stream };
        const called = await (await post('/v1/chat/completions', body)).text();
        expect(called).toContain(JSON.stringify({ name: 'look', arguments: text }));

        openAi.next(completed('Ah'));
        const call = { id: 'b', type: 'function', function: { name: 'look', arguments: text } };
        const messages = [
          question,
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'b', content: 'That was no JSON' },
        ];
        const next = await post('/v1/chat/completions', { model: 'qwen3', messages, tools });
        expect([next.status, await next.text()]).toEqual([200, expect.stringContaining('Ah')]);
      },
    );

    it('closes the connection to it when the client leaves', async () => {
      await start(ALONE);
      openAi.next(completion().tokens('a').hang());
      const abort = new AbortController();
      const response = await post('/api/chat/stream', { message: 'Hi' }, abort.signal);
      const reader = response.body!.getReader();
      await reader.read();
      abort.abort();
      expect(await (await openAi.chat(0)).closed).toBe('client_left');
    });

    it('what goes wrong is told without Ollama’s name', async () => {
      await start({ ...ALONE, OPENAI_RETRIES: '0' });
      const failures = [
        [completion().error(503, 'loading'), 503, 'model_unavailable'],
        [completion().error(400, 'no'), 400, 'validation'],
        [completion().errorLine('no').end(), 503, 'model_unavailable'],
        // Last: it is tried again with fewer turns as long as there are any.
        [completion().error(400, 'maximum context length is 10 tokens'), 400, 'context_exceeded'],
      ] as const;
      for (const [script, status, reason] of failures) {
        openAi.next(script, reason === 'context_exceeded' ? 10 : 1);
        const told = await ask({ message: 'Hi' });
        expect(told).toMatchObject({ status, body: { reason } });
        expect(JSON.stringify(told.body)).not.toMatch(/ollama/i);
      }
      const { status, body } = await ask({ message: 'Hi', model: 'no-such-model' });
      expect([status, body.reason]).toEqual([404, 'model_not_found']);
      expect(JSON.stringify(body)).not.toMatch(/ollama|no-such-model/i);
    });
  });

  describe('beside Ollama', () => {
    let ollama: FakeOllama;

    beforeEach(async () => {
      ollama = await FakeOllama.start();
      await start({ OLLAMA_BASE_URL: ollama.baseUrl });
    });

    afterEach(() => ollama.close());

    it('each name has its server', async () => {
      ollama.next(answer('of Ollama'), 2);
      openAi.next(completed('of OpenAI'), 2);
      const said = async (body: object) => (await ask({ message: 'Hi', ...body })).body.response;
      expect(await said({})).toBe('of Ollama');
      expect(await said({ model: 'qwen3' })).toBe('of OpenAI');
      expect(await said({ model: 'openai/qwen3' })).toBe('of OpenAI');
      expect(await said({ model: 'ollama/llama2' })).toBe('of Ollama');
      const { models } = await get('/api/models');
      expect(models.map(({ name, provider }: any) => [name, provider])).toEqual([
        ['llama2:latest', 'ollama'],
        ['qwen3', 'openai'],
      ]);
      const { dependencies } = await get('/api/health/ready');
      expect(dependencies).toMatchObject({ ollama: 'up', openai: 'up' });
    });

    it('its names are 503 while it is down, and Ollama’s go on', async () => {
      openAi.next(completed('of OpenAI'));
      await ask({ message: 'Hi', model: 'qwen3' });
      await openAi.stopListening();
      ollama.next(answer('of Ollama'));
      expect((await ask({ message: 'Hi' })).body.response).toBe('of Ollama');
      expect(await ask({ message: 'Hi', model: 'qwen3' })).toMatchObject({
        status: 503,
        body: { reason: 'model_unavailable' },
      });
    });
  });

  it('is refused at the service’s own address, and with a user in it', async () => {
    for (const address of ['http://localhost:8123/v1', 'http://me:s3cret@gpu/v1']) {
      service = ServiceProcess.spawn({ OPENAI_BASE_URL: address, API_PORT: '8123' });
      expect((await service.exited).code).toBe(1);
      expect(service.stderr).toContain('OPENAI_BASE_URL');
      expect(service.stderr).not.toContain('s3cret');
      await service.remove();
    }
  });

  describe('the client of OpenAI', () => {
    /** The packages of OpenAI that a start has loaded. */
    const loadedBy = async (env: Record<string, string>): Promise<string[]> => {
      const folder = mkdtempSync(join(tmpdir(), 'loaded-'));
      const list = join(folder, 'modules');
      const hook = resolve(import.meta.dirname, '../support/loaded-modules.mjs');
      const watched = { NODE_OPTIONS: `--import=${hook}`, LOADED_MODULES: list };
      service = await ServiceProcess.start({ ...watched, ...env });
      service.kill('SIGTERM');
      await service.exited;
      const files = loadedFiles(list);
      rmSync(folder, { recursive: true });
      expect(files.some((file) => file.includes('@langchain/core'))).toBe(true);
      return files.filter((file) => /node_modules\/(@langchain\/)?openai\//.test(file));
    };

    it('is not loaded without OPENAI_BASE_URL', async () => {
      expect(await loadedBy({ OPENAI_API_KEY: 'sk-of-somebody' })).toEqual([]);
    });

    it('is loaded with it', async () => {
      expect(await loadedBy({ OPENAI_BASE_URL: openAi.baseUrl })).not.toEqual([]);
    });
  });
});
