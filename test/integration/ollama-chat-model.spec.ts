import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { NOTHING_MORE } from '../../src/domain/model.js';
import { CollectingSink } from '../support/collecting-sink.js';
import { answer, FakeOllama, Gate, script, type ChatScript } from '../support/fake-ollama.js';
import { chatModel, connect, startChat } from '../support/ollama-fixture.js';

const TURNS: BaseMessage[] = [
  new SystemMessage('Answer in one word.'),
  new HumanMessage('Hello 😀'),
  new AIMessage('Hi'),
  new HumanMessage('And now?'),
];

const SETTINGS = { temperature: 0.2, topP: 0.9, maxTokens: 64, stop: ['###'] };

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
    const model = chatModel(ollama, SETTINGS, { contextTokens: 2048 });
    const end = await model.streamTokens(
      messages,
      sink,
      new AbortController().signal,
      NOTHING_MORE,
    );
    return { sink, end };
  };

  describe('the request', () => {
    test('says all that was asked, and nothing that was not', async () => {
      fake.always(answer('ok'));
      await streamTokens();
      expect(fake.chats[0]!.body).toEqual({
        model: 'llama2',
        stream: true,
        truncate: false,
        shift: false,
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

    test('has all that ChatOllama itself sends, and what it leaves out of a result', async () => {
      fake.always(answer('ok'));
      const call = { type: 'tool_call', name: 'weather', args: { city: 'Rome' }, id: '1' } as const;
      const messages = [
        ...TURNS,
        new AIMessage({ content: '', tool_calls: [call] }),
        new ToolMessage({ content: 'sunny', tool_call_id: '1', name: 'weather' }),
      ];
      await streamTokens(messages);
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
      const [ours, theirs] = fake.chats.map(({ body }) => body);
      expect(ours).toMatchObject(theirs);
      expect(ours).toMatchObject({
        messages: expect.arrayContaining([
          { role: 'tool', content: 'sunny', tool_call_id: '1', tool_name: 'weather' },
        ]),
      });
    });

    test('has a text and its images in one message, however long they are', async () => {
      fake.always(answer('ok'));
      const images = ['AAAA', Buffer.alloc(3_000_000, 7).toString('base64')];
      const content = [
        { type: 'text', text: 'What is "this"?' },
        { type: 'image_url', image_url: `data:image/png;base64,${images[0]}` },
        { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${images[1]}` } },
      ] as const;
      await streamTokens([...TURNS, new HumanMessage({ content: [...content] })]);
      const { body, headers, bodyText } = fake.chats[0]!;
      expect(body.messages.at(-1)).toEqual({ role: 'user', content: 'What is "this"?', images });
      expect(headers['content-length']).toBe(String(Buffer.byteLength(bodyText)));
      expect(body.options.num_ctx).toBe(2048);
    });

    test('has the stop words of the model beside its own', async () => {
      fake.always(answer('ok'));
      const stopOf = async (requested: string[]) => {
        const model = chatModel(ollama, { stop: requested }, { stop: ['</s>', '<|im_end|>'] });
        await model.streamTokens(
          TURNS,
          new CollectingSink(),
          new AbortController().signal,
          NOTHING_MORE,
        );
        return fake.chats.at(-1)!.body.options.stop;
      };
      expect(await stopOf(['END', '</s>'])).toEqual(['END', '</s>', '<|im_end|>']);
      // Those of the model alone are known to Ollama.
      expect(await stopOf([])).toBeUndefined();
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

    test.each(scripts)('%s', async (_, make, text) => {
      fake.next(make());
      const { sink } = await streamTokens();
      expect(sink.text).toBe(text);
      expect(sink.tokens).not.toContain('');
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

  test('credentials of the address are sent, and not shown to callbacks', async () => {
    fake.next(answer('ok'));
    const made = connect(fake.baseUrl.replace('//', '//user:pa%24s@'));
    const model = chatModel(made);
    await model.streamTokens(
      TURNS,
      new CollectingSink(),
      new AbortController().signal,
      NOTHING_MORE,
    );
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
