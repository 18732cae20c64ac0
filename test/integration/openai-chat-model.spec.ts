import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { completed, completion, FakeOpenAi } from '../support/fake-openai.js';
import { connectOpenAi } from '../support/openai-fixture.js';

describe('OpenAiChatModel', () => {
  let fake: FakeOpenAi;
  let openAi: ReturnType<typeof connectOpenAi>;
  const sent = (index = -1) => fake.chats.at(index)!.body;

  beforeEach(async () => {
    fake = await FakeOpenAi.start();
    openAi = connectOpenAi(fake, { apiKey: 'a-secret-key' });
  });

  afterEach(async () => {
    openAi.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  test('the request says all that was asked, and nothing that was not', async () => {
    fake.next(completed('ok'));
    const settings = { temperature: 0.2, topP: 0.9, maxTokens: 64, stop: ['###'] };
    await openAi.chat(settings, {}, [
      new SystemMessage('Be brief.'),
      new HumanMessage('Hello 😀'),
      new AIMessage('Hi'),
      new HumanMessage('And now?'),
    ]).end;
    expect(sent()).toEqual({
      model: 'llama2',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.2,
      top_p: 0.9,
      max_tokens: 64,
      stop: ['###'],
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello 😀' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'And now?' },
      ],
    });
    const { headers } = fake.chats[0]!;
    expect(headers.authorization).toBe('Bearer a-secret-key');
    expect(headers.accept).toContain('text/event-stream');
  });

  test('the key is not shown to callbacks', () => {
    expect(JSON.stringify(openAi.model())).not.toContain('a-secret-key');
  });

  test('parameters have the names of these servers', async () => {
    fake.next(completed('ok'));
    const penalties = { repeatPenalty: 1.1, presencePenalty: 0.5, frequencyPenalty: -0.5 };
    await openAi.chat({ seed: 7, topK: 40, minP: 0.05, ...penalties }).end;
    expect(sent()).toMatchObject({
      ...{ seed: 7, top_k: 40, min_p: 0.05 },
      ...{ repeat_penalty: 1.1, repetition_penalty: 1.1 },
      ...{ presence_penalty: 0.5, frequency_penalty: -0.5 },
    });
  });

  describe('thinking', () => {
    test.each([
      ['high', { reasoning_effort: 'high' }],
      [true, { chat_template_kwargs: { enable_thinking: true } }],
      [false, { chat_template_kwargs: { enable_thinking: false } }],
    ] as const)('%j', async (think, fields) => {
      fake.next(completed('ok'));
      await openAi.chat({ think }).end;
      expect(sent()).toMatchObject(fields);
      expect('reasoning_effort' in sent() && 'chat_template_kwargs' in sent()).toBe(false);
    });

    test('a level that is refused is asked for as true, from then on', async () => {
      fake.next(completion().error(400, 'reasoning_effort is not supported'));
      fake.next(completed('ok'), 2);
      for (let count = 0; count < 2; count += 1) await openAi.chat({ think: 'low' }).end;
      expect(fake.chats).toHaveLength(3);
      expect(sent()).toMatchObject({ chat_template_kwargs: { enable_thinking: true } });
      expect(sent()).not.toHaveProperty('reasoning_effort');
    });

    test('false is accepted by every model', async () => {
      fake.next(completion().error(400, 'Unrecognized request argument: chat_template_kwargs'));
      fake.next(completed('ok'));
      await openAi.chat({ think: false }).end;
      expect(sent()).not.toHaveProperty('chat_template_kwargs');
    });

    test('true that is refused is 400 for the field', async () => {
      fake.next(completion().error(400, 'enable_thinking is unknown'));
      await expect(openAi.chat({ think: true }).end).rejects.toMatchObject({
        status: 400,
        details: [{ field: 'parameters.think' }],
      });
    });

    test('is read once where a server has it under both names', async () => {
      const delta = { reasoning_content: 'Hm', reasoning: 'Hm' };
      fake.next(completion().choice({ delta }).choice({ delta }).tokens('ok').done());
      const { sink, end } = openAi.chat();
      await end;
      expect([sink.thoughts, sink.tokens]).toEqual([['Hm', 'Hm'], ['ok']]);
    });
  });

  test('what a model thought before its calls goes back with them, results follow', async () => {
    fake.next(completed('ok'));
    const call = { type: 'tool_call', name: 'weather', args: { city: 'Rome' }, id: '1' } as const;
    await openAi.chat({}, {}, [
      new HumanMessage('Weather?'),
      new AIMessage({
        content: '',
        tool_calls: [call],
        additional_kwargs: { reasoning_content: 'Hm' },
      }),
      new ToolMessage({ content: 'sunny', tool_call_id: '1', name: 'weather' }),
    ]).end;
    const called = { name: 'weather', arguments: '{"city":"Rome"}' };
    expect(sent().messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm',
        tool_calls: [{ id: '1', type: 'function', function: called }],
      },
      { role: 'tool', content: 'sunny', tool_call_id: '1' },
    ]);
  });

  test.each(['{"city": "Ro', '["Rome"]', 'Rome'])(
    'arguments that are no JSON object are kept: %s',
    async (args) => {
      fake.next(completion().calls({ id: 'a', name: 'weather', arguments: args }).done());
      const { sink, end } = openAi.chat();
      await end;
      expect(sink.toolCalls).toEqual([
        { id: 'a', name: 'weather', arguments: null, argumentsText: args },
      ]);
    },
  );

  test('an empty text is no arguments', async () => {
    fake.next(completion().calls({ name: 'now', arguments: '' }).done());
    const { sink, end } = openAi.chat();
    await end;
    expect(sink.toolCalls).toEqual([{ id: null, name: 'now', arguments: {} }]);
  });

  test('a call that was cut with its answer is none', async () => {
    fake.next(completion().calls({ name: 'now', arguments: '{"a' }).done({ reason: 'length' }));
    const { sink, end } = openAi.chat();
    expect(await end).toMatchObject({ finishReason: 'length' });
    expect(sink.toolCalls).toEqual([]);
  });

  test('images stand in the message as data URLs, however long they are', async () => {
    fake.next(completed('ok'));
    const url = `data:image/jpeg;base64,${Buffer.alloc(3_000_000, 7).toString('base64')}`;
    const content = [
      { type: 'text' as const, text: 'What is "this"?' },
      { type: 'image_url' as const, image_url: { url } },
    ];
    await openAi.chat({}, {}, [new HumanMessage({ content })]).end;
    expect(sent().messages).toEqual([{ role: 'user', content }]);
  });

  test('a URL that the server would fetch is never sent', async () => {
    const content = [{ type: 'image_url' as const, image_url: { url: 'http://10.0.0.1/a.png' } }];
    await expect(openAi.chat({}, {}, [new HumanMessage({ content })]).end).rejects.toThrow(
      TypeError,
    );
    expect(fake.chats).toHaveLength(0);
  });
});
