import type { AIMessageChunk } from '@langchain/core/messages';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatOpenAICompletions } from '@langchain/openai';
import { completed, completion, FakeOpenAi, Gate } from '../support/fake-openai.js';
import { connectOpenAi } from '../support/openai-fixture.js';

const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: { type: 'object', properties: { city: { type: 'string' } } },
};
const CITY = {
  type: 'object',
  properties: { name: { type: 'string' }, people: { type: 'integer' } },
  required: ['name', 'people'],
};

describe('OpenAiChatModel through LangChain', () => {
  let fake: FakeOpenAi;
  let openAi: ReturnType<typeof connectOpenAi>;
  const sent = () => fake.chats.at(-1)!.body;

  beforeEach(async () => {
    fake = await FakeOpenAi.start();
    openAi = connectOpenAi(fake);
  });

  afterEach(async () => {
    openAi.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  test('is LangChain’s own model, and needs no key', () => {
    expect(openAi.model()).toBeInstanceOf(ChatOpenAICompletions);
  });

  test('invoke: text, usage, the reason of the end', async () => {
    fake.next(completed('The', ' sky'));
    const answer = await openAi.model().invoke('Why?');
    expect(answer.text).toBe('The sky');
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 12, output_tokens: 2 });
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop' });
  });

  test('has the parameters of the model, and those of the call', async () => {
    fake.next(completed('a'), 2);
    const model = openAi.model({ stop: ['END'], seed: 7, repeatPenalty: 1.1 });
    await model.invoke('Hi');
    const own = { seed: 7, repeat_penalty: 1.1, repetition_penalty: 1.1, max_tokens: 1000 };
    expect(sent()).toMatchObject({ ...own, stop: ['END'] });
    await model.invoke('Hi', { stop: ['###'] });
    expect(sent()).toMatchObject({ ...own, stop: ['###'] });
  });

  test('bindTools: two calls of one answer, and their results', async () => {
    const bound = openAi.model().bindTools([WEATHER]);
    const question = new HumanMessage('Weather?');
    fake.next(
      completion()
        .thinking('Two cities')
        .calls(
          { id: 'a', name: 'get_weather', arguments: { city: 'Rome' } },
          { id: 'b', name: 'get_weather', arguments: { city: 'Oslo' } },
        )
        .done({ reason: 'tool_calls' }),
    );
    const answer = await bound.invoke([question]);
    expect(answer.tool_calls).toMatchObject([
      { id: 'a', name: 'get_weather', args: { city: 'Rome' } },
      { id: 'b', name: 'get_weather', args: { city: 'Oslo' } },
    ]);
    expect(answer.additional_kwargs['reasoning_content']).toBe('Two cities');
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'tool_calls' });
    expect(sent().tools).toMatchObject([
      { type: 'function', function: { name: 'get_weather', parameters: WEATHER.schema } },
    ]);
    const results = (answer.tool_calls ?? []).map(
      ({ id = '', name }) => new ToolMessage({ content: 'Sunny', tool_call_id: id, name }),
    );
    fake.next(completed('Sunny'));
    expect((await bound.invoke([question, answer, ...results])).text).toBe('Sunny');
    expect(sent().messages.slice(1)).toMatchObject([
      { role: 'assistant', tool_calls: [{ id: 'a' }, { id: 'b' }] },
      { role: 'tool', tool_call_id: 'a', content: 'Sunny' },
      { role: 'tool', tool_call_id: 'b', content: 'Sunny' },
    ]);
  });

  test('arguments that are no JSON are LangChain’s invalid call', async () => {
    fake.next(completion().calls({ id: 'a', name: 'get_weather', arguments: 'Rome' }).done());
    const calls: unknown[] = [];
    for await (const chunk of await openAi.model().stream('Hi')) {
      calls.push(...(chunk.invalid_tool_calls ?? []));
    }
    expect(calls).toMatchObject([{ id: 'a', args: 'Rome' }]);
  });

  test.each([
    ['jsonSchema', { type: 'json_schema', json_schema: { schema: CITY } }],
    ['jsonMode', { type: 'json_object' }],
  ] as const)('withStructuredOutput by %s', async (method, format) => {
    fake.next(completed('{"name":"Rome",', '"people":2800000}'));
    const structured = openAi.model().withStructuredOutput(CITY, { method });
    expect(await structured.invoke('A city')).toEqual({ name: 'Rome', people: 2_800_000 });
    expect(sent().response_format).toMatchObject(format);
  });

  test('withStructuredOutput by a call, of a model that thinks', async () => {
    const city = { name: 'Rome', people: 2_800_000 };
    fake.next(completion().thinking('Hm').calls({ name: 'City', arguments: city }).done());
    const structured = openAi.model({ think: true }).withStructuredOutput(CITY, {
      method: 'functionCalling',
      name: 'City',
    });
    expect(await structured.invoke('A city')).toEqual(city);
    expect(sent()).toMatchObject({
      chat_template_kwargs: { enable_thinking: true },
      tools: [{ function: { name: 'City' } }],
    });
  });

  test.each(['reasoning', 'reasoning_content'])(
    'stream of a model that thinks: %s',
    async (field) => {
      fake.next(
        completion().thinking('Hm', field).thinking(', so', field).tokens('The', ' sky').done(),
      );
      const chunks: AIMessageChunk[] = [];
      for await (const chunk of await openAi.model().stream('Why?')) chunks.push(chunk);
      const [first, ...rest] = chunks;
      const all = rest.reduce((sum, chunk) => sum.concat(chunk), first!);
      expect(all.text).toBe('The sky');
      expect(all.additional_kwargs['reasoning_content']).toBe('Hm, so');
      expect(all.usage_metadata).toMatchObject({ output_tokens: 2 });
    },
  );

  test('<think> tags are thinking here, too', async () => {
    fake.next(completed('<think>Hm</think>', 'Yes'));
    const answer = await openAi.model().invoke('Why?');
    expect([answer.text, answer.additional_kwargs['reasoning_content']]).toEqual(['Yes', 'Hm']);
  });

  test('a chain with a parser has the text alone', async () => {
    fake.next(completion().thinking('Hm').tokens('The', ' sky').done());
    const chain = openAi.model().pipe(new StringOutputParser());
    expect(await chain.invoke('Why?')).toBe('The sky');
  });

  test('streamEvents: a block for each kind', async () => {
    fake.next(
      completion()
        .thinking('Hm')
        .tokens('Let me', ' see')
        .calls({ id: 'a', name: 'get_weather', arguments: { city: 'Rome' } })
        .done({ reason: 'tool_calls' }),
    );
    const finished: unknown[] = [];
    for await (const event of openAi.model().streamEvents('Hi')) {
      const { event: kind, content } = event as unknown as Record<string, unknown>;
      if (kind === 'content-block-finish') finished.push(content);
    }
    expect(finished).toMatchObject([
      { type: 'reasoning', reasoning: 'Hm' },
      { type: 'text', text: 'Let me see' },
      { type: 'tool_call', id: 'a', args: { city: 'Rome' } },
    ]);
  });

  test('a caller that leaves closes the connection with the next piece', async () => {
    const gate = new Gate();
    fake.next(completion().tokens('a').wait(gate).tokens('b').hang());
    for await (const chunk of await openAi.model().stream('Hi')) {
      expect(chunk.text).toBe('a');
      gate.open();
      break;
    }
    expect(await (await fake.chat(0)).closed).toBe('client_left');
  });

  test('a signal ends it', async () => {
    fake.next(completion().tokens('a').hang());
    const abort = new AbortController();
    const invoked = openAi.model().invoke('Hi', { signal: abort.signal });
    await fake.chat(0);
    abort.abort(new Error('left'));
    await expect(invoked).rejects.toThrow();
    expect(await (await fake.chat(0)).closed).toBe('client_left');
  });

  test('a failure of the server is one of ours', async () => {
    fake.next(completion().tokens('a').cut());
    await expect(openAi.model().invoke('Hi')).rejects.toMatchObject({
      reason: 'model_unavailable',
    });
  });

  test('a model with "codex" in its name is asked where all others are', async () => {
    fake.add({ id: 'gpt-5-codex' });
    fake.next(completed('ok'));
    expect((await openAi.model({ model: 'gpt-5-codex' }).invoke('Hi')).text).toBe('ok');
    expect(fake.chats).toHaveLength(1);
  });
});
