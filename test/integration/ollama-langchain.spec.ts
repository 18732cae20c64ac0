import { HumanMessage, ToolMessage, type AIMessageChunk } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { tool } from '@langchain/core/tools';
import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { chatModel, connect } from '../support/ollama-fixture.js';

const WEATHER = {
  name: 'get_weather',
  description: 'The weather in a city',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
} as const;
const weather = tool(({ city }: { city: string }) => `Sunny in ${city}`, WEATHER);
const CITY = {
  title: 'City',
  type: 'object',
  properties: { name: { type: 'string' }, people: { type: 'integer' } },
  required: ['name'],
};

/** The model of this service for those who use it through LangChain. */
describe("OllamaChatModel through LangChain's own methods", () => {
  let fake: FakeOllama;
  let ollama: ReturnType<typeof connect>;

  beforeEach(async () => {
    fake = await FakeOllama.start();
    ollama = connect(fake.baseUrl);
  });
  afterEach(async () => {
    ollama.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  const model = (settings: Parameters<typeof chatModel>[1] = {}) => chatModel(ollama, settings);
  const sent = () => fake.chats.at(-1)!.body;

  test('invoke: text, usage and the reason of the end', async () => {
    fake.next(script().tokens('Hel', 'lo').done({ reason: 'length' }));
    const answer = await model().invoke('Hi');
    expect(answer.text).toBe('Hello');
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: 12,
      output_tokens: 2,
      total_tokens: 14,
    });
    expect(answer.response_metadata).toMatchObject({ model: 'llama2', done_reason: 'length' });
    expect(sent()).toMatchObject({ model: 'llama2', stream: true });
  });

  test('bindTools: each call with its id, and its result in the next request', async () => {
    fake.next(
      script()
        .thinking('Two cities')
        .calls({ id: 'a', name: 'get_weather', arguments: { city: 'Rome' } })
        .calls({ id: 'b', name: 'get_weather', arguments: { city: 'Oslo' } })
        .done(),
    );
    const bound = model().bindTools([weather]);
    const question = new HumanMessage('The weather in Rome and Oslo?');
    const answer = await bound.invoke([question]);
    expect(answer.tool_calls).toMatchObject([
      { id: 'a', name: 'get_weather', args: { city: 'Rome' } },
      { id: 'b', name: 'get_weather', args: { city: 'Oslo' } },
    ]);
    expect(answer.additional_kwargs).toEqual({ reasoning_content: 'Two cities' });
    expect(sent().tools).toMatchObject([
      { type: 'function', function: { name: 'get_weather', parameters: WEATHER.schema } },
    ]);
    const results = (answer.tool_calls ?? []).map(({ id = '', name, args }) => {
      const content = `Sunny in ${String(args['city'])}`;
      return new ToolMessage({ content, tool_call_id: id, name });
    });
    fake.next(script().tokens('Sunny').done());
    expect((await bound.invoke([question, answer, ...results])).text).toBe('Sunny');
    expect(sent().messages.slice(1)).toMatchObject([
      { role: 'assistant', thinking: 'Two cities', tool_calls: [{ id: 'a' }, { id: 'b' }] },
      { role: 'tool', tool_call_id: 'a', tool_name: 'get_weather', content: 'Sunny in Rome' },
      { role: 'tool', tool_call_id: 'b', tool_name: 'get_weather', content: 'Sunny in Oslo' },
    ]);
  });

  test.each([
    ['jsonSchema', CITY],
    ['jsonMode', 'json'],
  ] as const)('withStructuredOutput by %s', async (method, format) => {
    fake.next(script().tokens('{"name":"Rome",', '"people":2800000}').done());
    const structured = model().withStructuredOutput(CITY, { method });
    expect(await structured.invoke('A city')).toEqual({ name: 'Rome', people: 2_800_000 });
    expect(sent().format).toEqual(format);
  });

  test('withStructuredOutput by a call, of a model that thinks', async () => {
    const city = { name: 'Rome', people: 2_800_000 };
    fake.next(script().thinking('Hm').calls({ name: 'City', arguments: city }).done());
    const structured = model({ think: true }).withStructuredOutput(CITY, {
      method: 'functionCalling',
      name: 'City',
    });
    expect(await structured.invoke('A city')).toEqual(city);
    expect(sent()).toMatchObject({ think: true, tools: [{ function: { name: 'City' } }] });
  });

  test.each([true, null])('stream of a model that thinks (think: %j)', async (think) => {
    fake.next(script().thinking('Hm').thinking(', so').tokens('The', ' sky').done());
    const chunks: AIMessageChunk[] = [];
    for await (const chunk of await model({ think }).stream('Why?')) chunks.push(chunk);
    expect(chunks.map(({ text }) => text).join('')).toBe('The sky');
    const [first, ...rest] = chunks;
    const all = rest.reduce((sum, chunk) => sum.concat(chunk), first!);
    expect(all.additional_kwargs).toEqual({ reasoning_content: 'Hm, so' });
    expect(all.contentBlocks).toMatchObject([
      { type: 'reasoning', reasoning: 'Hm, so' },
      { type: 'text', text: 'The sky' },
    ]);
  });

  test('a chain with a parser has the text alone', async () => {
    fake.next(script().thinking('Hm').tokens('The', ' sky').done());
    const chain = model({ think: true }).pipe(new StringOutputParser());
    expect(await chain.invoke('Why?')).toBe('The sky');
  });

  test('streamEvents: a block for each kind, and why the answer ended', async () => {
    fake.next(
      script()
        .thinking('Hm')
        .tokens('Let me', ' see')
        .calls({ id: 'a', name: 'get_weather', arguments: { city: 'Rome' } })
        .calls({ id: 'b', name: 'get_weather', arguments: { city: 'Oslo' } })
        .done(),
    );
    const finished: unknown[] = [];
    let reason: unknown;
    for await (const event of model().streamEvents('Hi')) {
      const { event: kind, content, reason: why } = event as unknown as Record<string, unknown>;
      if (kind === 'content-block-finish') finished.push(content);
      if (kind === 'message-finish') reason = why;
    }
    expect(finished).toMatchObject([
      { type: 'reasoning', reasoning: 'Hm' },
      { type: 'text', text: 'Let me see' },
      { type: 'tool_call', id: 'a', args: { city: 'Rome' } },
      { type: 'tool_call', id: 'b', args: { city: 'Oslo' } },
    ]);
    expect(reason).toBe('tool_use');
  });

  test('a caller that leaves closes the connection with the next piece', async () => {
    const gate = new Gate();
    fake.next(script().tokens('a').wait(gate).tokens('b').hang());
    for await (const chunk of await model().stream('Hi')) {
      expect(chunk.text).toBe('a');
      gate.open();
      break;
    }
    expect(await (await fake.chat(0)).closed).toBe('client_left');
  });

  test('a signal ends it', async () => {
    fake.next(script().tokens('a').hang());
    const abort = new AbortController();
    const invoked = model().invoke('Hi', { signal: abort.signal });
    await fake.chat(0);
    abort.abort(new Error('left'));
    await expect(invoked).rejects.toThrow();
    expect(await (await fake.chat(0)).closed).toBe('client_left');
  });

  test('a failure of the server is one of ours', async () => {
    fake.next(script().tokens('a').cut());
    await expect(model().invoke('Hi')).rejects.toMatchObject({ reason: 'model_unavailable' });
  });

  test('stop words of the call are sent, and those of the model otherwise', async () => {
    fake.next(script().tokens('a').done(), 2);
    await model({ stop: ['END'] }).invoke('Hi');
    expect(sent().options.stop).toEqual(['END']);
    await model({ stop: ['END'] }).invoke('Hi', { stop: ['###'] });
    expect(sent().options.stop).toEqual(['###']);
  });
});
