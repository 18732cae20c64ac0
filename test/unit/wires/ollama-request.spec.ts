import {
  readChatRequest,
  readGenerateRequest,
} from '../../../src/wires/ollama/request/ollama-request.js';

const hello = { role: 'user', content: 'Hello' };
const chat = (fields: object = {}) =>
  readChatRequest({ model: 'llama2', messages: [hello], ...fields });
const generate = (fields: object = {}) =>
  readGenerateRequest({ model: 'llama2', prompt: 'Hello', ...fields });
const messagesOf = (messages: object[]) => chat({ messages }).messages;

describe('a request of Ollama’s clients', () => {
  it('is streamed unless it says otherwise', () => {
    expect(chat()).toEqual({
      model: 'llama2',
      stream: true,
      messages: [{ ...hello, parts: null, images: [], toolAnswer: null }],
      tools: [],
      given: {},
      format: null,
      maxTokens: null,
      contextTokens: null,
      truncation: 'auto',
    });
    expect(chat({ stream: false, truncate: false })).toMatchObject({
      stream: false,
      truncation: 'error',
    });
  });

  it('may have nulls and fields that nobody knows', () => {
    const nulls = { stream: null, options: null, tools: null, format: null, think: null };
    const without = { logprobs: false, top_logprobs: 0 };
    expect(chat(without)).toEqual(chat());
    const unknown = { keep_alive: '5m', _debug_render_only: true, shift: false, steps: 3 };
    expect(chat({ ...nulls, ...unknown })).toEqual(chat());
    expect(chat({ options: { num_gpu: 1, use_mmap: true, low_vram: false } })).toEqual(chat());
  });

  it('has options within the bounds of their types alone', () => {
    const options = { temperature: 3.5, top_p: 2, min_p: 0.1, seed: -1, top_k: 40.9 };
    const penalties = { repeat_penalty: 1.5, presence_penalty: -9, frequency_penalty: 0 };
    const { given, maxTokens, contextTokens } = chat({
      options: { ...options, ...penalties, num_predict: 100_000, num_ctx: 2048, stop: ['a', 'b'] },
    });
    expect(given).toEqual({
      ...options,
      ...penalties,
      top_k: 40,
      stop: ['a', 'b'],
    });
    expect([maxTokens, contextTokens]).toEqual([100_000, 2048]);
  });

  it.each([-2, -1, 0])('is not bounded by a num_predict of %d', (num_predict) => {
    expect(chat({ options: { num_predict, num_ctx: 0, stop: [] } })).toEqual(chat());
  });

  it.each([
    [{ temperature: '1' }, 'options.temperature must be a number'],
    [{ temperature: Infinity }, 'options.temperature must be a number'],
    [
      { seed: -(2 ** 31) - 1 },
      'options.seed must be a whole number from -2147483648 to 4294967295',
    ],
    [{ seed: 2 ** 40 }, 'options.seed must be a whole number from -2147483648 to 4294967295'],
    [{ stop: 'a' }, 'options.stop must be a list'],
    [{ stop: [''] }, 'options.stop[0] must be a text that is not empty'],
  ])('is refused for an option of another type: %j', (options, message) => {
    expect(() => chat({ options })).toThrow(`Invalid request: ${message}`);
  });

  it('thinks and has a format as it says', () => {
    expect(chat({ think: 'high', format: 'json' })).toMatchObject({
      given: { think: 'high' },
      format: 'json',
    });
    const format = { type: 'object', properties: { a: { type: 'number' } } };
    expect(chat({ think: false, format })).toMatchObject({ given: { think: false }, format });
    expect(chat({ think: '', format: '' })).toEqual(chat());
  });

  it.each([
    [{ model: '' }, 'model is required'],
    [{ model: 7 }, 'model must be a text'],
    [{ stream: 'yes' }, 'stream must be true or false'],
    [{ think: 'max' }, 'think must be true, false, "low", "medium" or "high"'],
    [{ format: 'yaml' }, 'format must be "json" or a JSON Schema'],
    [{ options: [] }, 'options must be an object'],
    [{ logprobs: true }, 'logprobs is not supported here'],
    [{ top_logprobs: 3 }, 'top_logprobs is not supported here'],
    [{ messages: 'Hello' }, 'messages must be a list'],
    [{ messages: [hello, 'Hello'] }, 'messages[1] must be an object'],
    [{ messages: [{ ...hello, role: 'bot' }] }, 'messages[0].role must be system, user, assistant'],
    [{ messages: [{ role: 'user', content: ['a'] }] }, 'messages[0].content must be a text'],
    [
      { messages: [{ role: 'system', content: '', images: ['aa=='] }] },
      'messages[0].images can only be given with a message of role user',
    ],
    [
      { messages: [hello, { role: 'tool', content: '', images: ['aa=='] }] },
      'messages[1].images can only be given with a message of role user',
    ],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function is required: a tool is a function'],
    [{ tools: [{ function: {} }] }, 'tools[0].function.name is required'],
  ])('is refused where silence would deceive: %j', (fields, message) => {
    expect(() => chat(fields)).toThrow(`Invalid request: ${message}`);
  });

  it('has messages of any role, whatever its case, and images as they were sent', () => {
    const image = 'aa==';
    expect(
      messagesOf([
        { role: 'System', content: 's' },
        { role: 'USER', images: [image] },
        { role: 'assistant', content: 'a', thinking: 'Hm' },
      ]),
    ).toEqual([
      { role: 'system', content: 's', parts: null, images: [], toolAnswer: null },
      {
        role: 'user',
        content: '',
        parts: null,
        images: [{ value: image, path: 'messages[1].images[0]' }],
        toolAnswer: null,
      },
      {
        role: 'assistant',
        content: 'a',
        parts: { list: [{ thinking: 'Hm' }, { text: 1 }], thinkingMs: null },
        images: [],
        toolAnswer: null,
      },
    ]);
  });

  describe('with tools', () => {
    const call = (name: string, id?: string, args: object = {}) => ({
      ...(id !== undefined && { id }),
      function: { name, arguments: args },
    });
    const asks = (...tool_calls: object[]) => ({ role: 'assistant', content: '', tool_calls });
    const answersIn = (messages: object[]) =>
      messagesOf(messages).flatMap(({ toolAnswer }) => toolAnswer?.callId ?? []);

    it('describes them', () => {
      const parameters = { type: 'object', properties: { city: { type: 'string' } } };
      const tools = [
        { type: 'function', function: { name: 'look', description: 'Looks', parameters } },
        { function: { name: 'wait' } },
      ];
      expect(chat({ tools }).tools).toEqual([
        { name: 'look', description: 'Looks', parameters },
        { name: 'wait', description: null, parameters: null },
      ]);
    });

    it('names a result by its id, by its tool, or by its place', () => {
      const both = asks(call('look', 'a'), call('wait', 'b'));
      const result = (more: object) => ({ role: 'tool', content: '{}', ...more });
      expect(
        answersIn([both, result({ tool_call_id: 'b' }), result({ tool_call_id: 'a' })]),
      ).toEqual(['b', 'a']);
      expect(
        answersIn([both, result({ tool_name: 'wait' }), result({ tool_name: 'look' })]),
      ).toEqual(['b', 'a']);
      expect(answersIn([both, result({}), result({})])).toEqual(['a', 'b']);
      // LangChain makes ids of its own and sends results without any.
      expect(answersIn([asks(call('look')), result({ tool_call_id: 'x' })])).toEqual(['call_1']);
    });

    it('gives each call an id of its own', () => {
      const messages = messagesOf([
        asks(call('look', 'a', { at: 1 }), call('look', 'a', { at: 2 }), call('look')),
        { role: 'tool', content: '1' },
        { role: 'tool', content: '2' },
        { role: 'tool', content: '3' },
      ]);
      expect(messages[0]?.parts?.list).toEqual([
        { toolCall: { id: 'a', name: 'look', arguments: { at: 1 } } },
        { toolCall: { id: 'call_2', name: 'look', arguments: { at: 2 } } },
        { toolCall: { id: 'call_3', name: 'look', arguments: {} } },
      ]);
      expect(messages.slice(1).map(({ toolAnswer }) => toolAnswer?.callId)).toEqual([
        'a',
        'call_2',
        'call_3',
      ]);
    });

    it('makes no id that the client has given', () => {
      const [asked] = messagesOf([asks(call('look', 'call_2'), call('wait'))]);
      const calls = asked?.parts?.list ?? [];
      expect(calls.map((part) => 'toolCall' in part && part.toolCall.id)).toEqual([
        ...['call_2', 'call_3'],
      ]);
    });

    it('keeps a result whose call the client has left out', () => {
      const result = { role: 'tool', content: '2', tool_call_id: 'gone' };
      const messages = messagesOf([
        result,
        asks(call('look')),
        { role: 'tool', content: '' },
        result,
      ]);
      expect(messages.map(({ toolAnswer }) => toolAnswer?.callId)).toEqual([
        'gone',
        undefined,
        'call_1',
        'gone',
      ]);
    });
  });

  describe('to generate', () => {
    it('is a chat of its prompt', () => {
      expect(generate({ system: 's', images: ['aa=='], think: true })).toMatchObject({
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'Hello', images: [{ value: 'aa==', path: 'images[0]' }] },
        ],
        given: { think: true },
        tools: [],
      });
      expect(generate({ tools: [{ function: { name: 'x' } }] }).tools).toEqual([]);
    });

    it('without a prompt has no messages, and neither has a chat without any', () => {
      expect(generate({ prompt: '', system: 's' }).messages).toEqual([]);
      expect(readGenerateRequest({ model: 'llama2' }).messages).toEqual([]);
      expect(readChatRequest({ model: 'llama2', messages: [] }).messages).toEqual([]);
    });

    it.each([{ raw: true }, { suffix: 'x' }, { template: '{{ .Prompt }}' }, { context: [1, 2] }])(
      'is refused with what changes the prompt: %j',
      (fields) => {
        const [name = ''] = Object.keys(fields);
        expect(() => generate(fields)).toThrow(`Invalid request: ${name} is not supported here`);
      },
    );

    it('may have these with no meaning', () => {
      expect(generate({ raw: false, suffix: '', template: null, context: [] })).toEqual(generate());
    });
  });
});
