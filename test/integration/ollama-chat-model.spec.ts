import { jest } from '@jest/globals';
import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import { ChatOllama } from '@langchain/ollama';
import { CollectingSink } from '../support/collecting-sink.js';
import { answer, FakeOllama, Gate, script, type ChatScript } from '../support/fake-ollama.js';
import { chatModel, connect, startChat } from '../support/ollama-fixture.js';

const TURNS: BaseMessage[] = [
  new SystemMessage('Answer in one word.'),
  new HumanMessage('Hello 😀'),
  new AIMessage('Hi'),
  new HumanMessage('And now?'),
];

const SETTINGS = { temperature: 0.2, topP: 0.9, maxTokens: 64, stop: ['###'], numCtx: 2048 };

describe('OllamaChatModel', () => {
  let fake: FakeOllama;
  let ollama: ReturnType<typeof connect>;

  beforeEach(async () => {
    fake = await FakeOllama.start();
    ollama = connect(fake.baseUrl, { keepAlive: '10m' });
  });

  afterEach(async () => {
    ollama.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  const streamTokens = async (messages = TURNS) => {
    const sink = new CollectingSink();
    const model = chatModel(ollama, SETTINGS);
    const end = await model.streamTokens(messages, sink, new AbortController().signal);
    return { sink, end };
  };

  const streamChunks = async (messages = TURNS) => {
    const texts: string[] = [];
    for await (const chunk of await chatModel(ollama, SETTINGS).stream(messages)) {
      texts.push(chunk.text);
    }
    return texts;
  };

  describe('the request', () => {
    test('says all that was asked, and nothing that was not', async () => {
      fake.always(answer('ok'));
      await streamTokens();
      expect(fake.chats[0]!.body).toEqual({
        model: 'llama2',
        stream: true,
        keep_alive: '10m',
        options: {
          temperature: 0.2,
          top_p: 0.9,
          num_predict: 64,
          num_ctx: 2048,
          stop: ['###'],
        },
        messages: [
          { role: 'system', content: 'Answer in one word.' },
          { role: 'user', content: 'Hello 😀' },
          { role: 'assistant', content: 'Hi' },
          { role: 'user', content: 'And now?' },
        ],
      });
      expect(fake.chats[0]!.headers['content-type']).toBe('application/json');
    });

    test('has no stop and no keep_alive unless there is one', async () => {
      fake.always(answer('ok'));
      await startChat(connect(fake.baseUrl)).end;
      expect(fake.chats[0]!.body).not.toHaveProperty('keep_alive');
      expect(fake.chats[0]!.body.options).not.toHaveProperty('stop');
    });

    test('is the same on the fast path, on LangChain’s and from ChatOllama itself', async () => {
      fake.always(answer('ok'));
      const call = { type: 'tool_call', name: 'weather', args: { city: 'Rome' }, id: '1' } as const;
      const messages = [
        ...TURNS,
        new HumanMessage({
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: 'data:image/png;base64,AAAA' },
          ],
        }),
        new AIMessage({ content: '', tool_calls: [call] }),
        new ToolMessage({ content: 'sunny', tool_call_id: '1' }),
      ];
      await streamTokens(messages);
      await streamChunks(messages);
      const original = new ChatOllama({
        model: 'llama2',
        baseUrl: fake.baseUrl,
        temperature: 0.2,
        topP: 0.9,
        numPredict: 64,
        numCtx: 2048,
        keepAlive: '10m',
      });
      await original.invoke(messages, { stop: ['###'] });
      const [fast, langChain, theirs] = fake.chats.map(({ body }) => body);
      expect(langChain).toEqual(fast);
      expect(theirs).toEqual(fast);
    });

    test('takes stop, format and tools of a call', async () => {
      fake.always(answer('{"a":1}'));
      await chatModel(ollama, SETTINGS).invoke('Hi', { stop: ['END'], format: 'json' });
      const tool = { type: 'function', function: { name: 't', description: 'd', parameters: {} } };
      await chatModel(ollama).bindTools([tool]).invoke('Hi');
      expect(fake.chats[0]!.body).toMatchObject({ format: 'json', options: { stop: ['END'] } });
      expect(fake.chats[1]!.body.tools).toEqual([tool]);
    });
  });

  describe('the answer', () => {
    const scripts: [string, () => ChatScript, string][] = [
      ['plain tokens', () => answer('Quantum', ' computing', ' is'), 'Quantum computing is'],
      ['a byte a write', () => answer('é', '😀', '日本', '\n').bytewise(), 'é😀日本\n'],
      ['all in one write', () => answer('a', 'b', 'c').joined(), 'abc'],
      ['half characters', () => answer('a\ud83d', '\ude00', 'b\ud83d'), 'a😀b\ufffd'],
      ['thinking first', () => script().thinking('hmm').tokens('42').done(), '42'],
      ['empty tokens', () => answer('', 'a', '', 'b'), 'ab'],
      ['no text at all', () => answer(), ''],
      ['a last line without a newline', () => unterminated(), 'ab'],
    ];

    test.each(scripts)('%s: the same text on every path', async (_, make, text) => {
      fake.next(make(), 3);
      const { sink } = await streamTokens();
      expect(sink.text).toBe(text);
      expect(sink.tokens).not.toContain('');
      expect((await streamChunks()).join('')).toBe(text);
      expect((await chatModel(ollama).invoke('Hi')).text).toBe(text);
    });

    test('a token is given as it comes, half characters are joined', async () => {
      fake.next(answer('a\ud83d', '\ude00', 'b'));
      expect((await streamTokens()).sink.tokens).toEqual(['a', '😀', 'b']);
    });

    test('readers are woken once for what arrived together', async () => {
      fake.next(answer('a', 'b', 'c').joined());
      const { sink } = await streamTokens();
      expect(sink.tokens).toHaveLength(3);
      expect(sink.flushes).toBeLessThan(3);
    });

    test('a token does not wait for the next one', async () => {
      const gate = new Gate();
      fake.next(script().token('a').wait(gate).token('b').done());
      const { sink, end } = startChat(ollama);
      await sink.reached(1);
      expect(sink.tokens).toEqual(['a']);
      gate.open();
      await end;
      expect(sink.tokens).toEqual(['a', 'b']);
    });

    test.each([
      ['stop', { reason: 'stop' }, 'stop'],
      ['length', { reason: 'length' }, 'length'],
      ['an unknown reason', { reason: 'load' }, 'stop'],
    ])('the reason of the end: %s', async (_, done, finishReason) => {
      fake.next(script().tokens('a').done(done));
      expect((await streamTokens()).end.finishReason).toBe(finishReason);
    });

    test('usage, or null as a whole where the model did not say', async () => {
      fake.next(
        script()
          .tokens('a')
          .done({ usage: { prompt: 26, completion: 298 } }),
      );
      expect((await streamTokens()).end.usage).toEqual({ promptTokens: 26, completionTokens: 298 });
      fake.next(script().tokens('a').done({ usage: null }));
      expect((await streamTokens()).end.usage).toBeNull();
    });

    test.each([
      [{ eval_count: 3 }, { promptTokens: null, completionTokens: 3 }],
      [
        { prompt_eval_count: 0, eval_count: 2 ** 31 - 1 },
        { promptTokens: 0, completionTokens: 2 ** 31 - 1 },
      ],
      [
        { prompt_eval_count: 12, eval_count: 1.5 },
        { promptTokens: 12, completionTokens: null },
      ],
      [{ prompt_eval_count: -1, eval_count: 2 ** 31 }, null],
      [{ prompt_eval_count: '12', eval_count: [3] }, null],
    ])('counts that can be believed: %j', async (counts, usage) => {
      fake.next(
        script()
          .tokens('a')
          .line({ done: true, ...counts })
          .end(),
      );
      expect((await streamTokens()).end.usage).toEqual(usage);
    });

    test('a count that JSON cannot hold is none', async () => {
      fake.next(script().raw('{"done":true,"prompt_eval_count":1e999,"eval_count":2}\n').end());
      expect((await streamTokens()).end.usage).toEqual({ promptTokens: null, completionTokens: 2 });
    });
  });

  describe('as any LangChain model', () => {
    test('in a prompt, a runnable and a parser', async () => {
      fake.next(answer('Par', 'is'));
      const prompt = ChatPromptTemplate.fromMessages([
        ['system', 'Be brief.'],
        new MessagesPlaceholder('history'),
      ]);
      const chain = prompt.pipe(chatModel(ollama)).pipe(new StringOutputParser());
      const pieces: string[] = [];
      for await (const piece of await chain.stream({ history: [new HumanMessage('France?')] })) {
        pieces.push(piece);
      }
      expect(pieces.join('')).toBe('Paris');
      expect(fake.chats[0]!.body.messages).toEqual([
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'France?' },
      ]);
    });

    test('usage, reason and reasoning are in the message', async () => {
      fake.next(script().thinking('hm').thinking('m').tokens('42').done({ reason: 'length' }));
      const message = await chatModel(ollama).invoke('Hi');
      expect(message.text).toBe('42');
      expect(message.additional_kwargs.reasoning_content).toBe('hmm');
      expect(message.usage_metadata).toMatchObject({
        input_tokens: 12,
        output_tokens: 1,
        total_tokens: 13,
      });
      expect(message.response_metadata).toMatchObject({ done_reason: 'length', done: true });
    });

    test('tool calls, each by itself', async () => {
      const call = (name: string) => ({ function: { name, arguments: { city: name } } });
      const line = (name: string) => ({ message: { content: '', tool_calls: [call(name)] } });
      fake.next(script().line(line('a')).line(line('b')).done());
      const { tool_calls: calls } = await chatModel(ollama).invoke('Hi');
      expect(calls).toMatchObject([
        { name: 'a', args: { city: 'a' } },
        { name: 'b', args: { city: 'b' } },
      ]);
    });

    test('structured output', async () => {
      fake.next(answer('{"answer":', '"42"}'));
      const schema = {
        type: 'object',
        properties: { answer: { type: 'string' } },
        required: ['answer'],
      };
      const result = await chatModel(ollama).withStructuredOutput(schema).invoke('Hi');
      expect(result).toEqual({ answer: '42' });
      expect(fake.chats[0]!.body.format).toEqual(schema);
    });

    test('callbacks see each token', async () => {
      fake.next(answer('a', 'b'));
      const tokens: string[] = [];
      const handler = { handleLLMNewToken: (token: string) => void tokens.push(token) };
      await chatModel(ollama).invoke('Hi', { callbacks: [handler] });
      expect(tokens.filter((token) => token !== '')).toEqual(['a', 'b']);
    });

    test('its events of content blocks have the same text', async () => {
      fake.next(answer('a', 'b'));
      const stream = chatModel(ollama).streamEvents('Hi');
      expect(await stream.text).toBe('ab');
    });

    test('our errors come through, without a retry of the library', async () => {
      fake.next(script().error(500));
      await expect(chatModel(ollama).invoke('Hi')).rejects.toMatchObject({
        reason: 'model_unavailable',
      });
      expect(fake.chats).toHaveLength(1);
    });

    test('leaving the loop frees the model', async () => {
      fake.next(script().tokens('a').hang());
      for await (const chunk of await chatModel(ollama).stream('Hi')) {
        if (chunk.text === 'a') break;
      }
      expect(await (await fake.chat(0)).closed).toBe('client_left');
    });

    test.each([
      ['before the first token', script().hang()],
      ['between tokens', script().tokens('a').hang()],
    ])('a signal frees the model %s, and leaves the others', async (_, scripted) => {
      const gate = new Gate();
      fake.next(scripted).next(script().tokens('a').wait(gate).tokens('b').done());
      const model = chatModel(ollama);
      const abort = new AbortController();
      const aborted = model.invoke('Hi', { signal: abort.signal });
      aborted.catch(() => undefined);
      const chat = await fake.chat(0);
      const other = model.invoke('Hi');
      await fake.chat(1);
      abort.abort();
      await expect(aborted).rejects.toThrow();
      expect(await chat.closed).toBe('client_left');
      gate.open();
      expect((await other).text).toBe('ab');
    });
  });

  test('nothing goes around our transport: no fetch, no pull, no tokenizer', async () => {
    const fetched = jest.spyOn(globalThis, 'fetch');
    fake.next(answer('ok'));
    const model = chatModel(ollama);
    await model.invoke('Hi');
    expect(await model.getNumTokens('Hello, how are you?')).toBeGreaterThan(3);
    await expect(model.pull()).rejects.toThrow('never downloads');
    await expect(model.client.list()).rejects.toThrow();
    expect(fetched).not.toHaveBeenCalled();
    expect(fake.requests.map(({ path }) => path)).toEqual(['/api/chat']);
    fetched.mockRestore();
  });

  test('credentials of the address are sent, and not shown to callbacks', async () => {
    fake.next(answer('ok'));
    const made = connect(fake.baseUrl.replace('//', '//user:pa%24s@'));
    const model = chatModel(made);
    await model.invoke('Hi');
    made.close();
    const basic = Buffer.from('user:pa$s').toString('base64');
    expect(fake.chats[0]!.headers.authorization).toBe(`Basic ${basic}`);
    expect(JSON.stringify(model)).not.toMatch(/pa(%24|\$)s/);
  });

  test('a path in the address is kept', async () => {
    fake.nextAt('/proxy/api/chat', answer('ok'));
    const made = connect(`${fake.baseUrl}/proxy/`);
    const { sink, end } = startChat(made);
    await end;
    made.close();
    expect(sink.text).toBe('ok');
  });
});

function unterminated(): ChatScript {
  const done = '{"message":{"content":"b"},"done":true,"done_reason":"stop"}';
  return script().tokens('a').raw(done).end();
}
