import { readResponseRequest } from '../../../src/wires/openai-responses/request/response-request.js';

const FUNCTION = { type: 'function', name: 'look', parameters: { type: 'object' }, strict: true };
const OTHER = { type: 'function', name: 'find' };
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };

/** The field that is wrong. */
function wrongIn(body: Record<string, unknown>): string | undefined {
  try {
    readResponseRequest(body);
    return undefined;
  } catch (error) {
    return (error as { details: { field: string }[] }).details[0]?.field;
  }
}

describe('a request for a response', () => {
  it('has defaults, and ignores what it does not know', () => {
    const asked = readResponseRequest({ include: ['x'], service_tier: 'flex', unknown: 1 });
    expect(asked).toMatchObject({
      ...{ model: null, place: { kind: 'new' }, instructions: null, given: {}, maxTokens: null },
      ...{ format: null, tools: [], calls: null, truncation: 'error' },
      ...{ store: true, stream: false, background: false },
    });
    expect(asked.echo.repeated).toMatchObject({
      ...{ tool_choice: 'auto', tools: [], parallel_tool_calls: true, truncation: 'disabled' },
      ...{ text: { format: { type: 'text' } }, metadata: {}, temperature: null },
    });
  });

  it('takes what the answer depends on', () => {
    const asked = readResponseRequest({
      ...{ model: 'llama2', temperature: 2, top_p: 0.5, max_output_tokens: 100_000 },
      ...{ reasoning: { effort: 'xhigh', summary: 'auto' }, truncation: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema: SCHEMA, strict: true } },
    });
    expect(asked).toMatchObject({
      ...{ model: 'llama2', maxTokens: 100_000, truncation: 'auto', format: SCHEMA },
      given: { temperature: 2, top_p: 0.5, think: 'high' },
    });
    expect(asked.echo.repeated.reasoning).toEqual({ effort: 'xhigh', summary: 'auto' });
    expect(asked.echo.repeated.text).toMatchObject({ format: { name: 'n', strict: true } });
  });

  it('goes on where it is told to, by ids of either form', () => {
    const id = '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55';
    const hex = id.replaceAll('-', '');
    for (const conversation of [`conv_${hex}`, id.toUpperCase(), { id: `conv_${hex}` }])
      expect(readResponseRequest({ conversation }).place).toEqual({
        ...{ kind: 'conversation', conversationId: id },
      });
    for (const previous_response_id of [`resp_${hex}`, id])
      expect(readResponseRequest({ previous_response_id }).place).toEqual({
        ...{ kind: 'response', generationId: id },
      });
    expect(readResponseRequest({ conversation: 'conv_x' }).place).toEqual({
      ...{ kind: 'conversation', conversationId: null },
    });
    expect(wrongIn({ conversation: id, previous_response_id: id })).toBe('previous_response_id');
  });

  it('leaves out tools that nobody here runs, where there are functions beside them', () => {
    const custom = { type: 'custom', name: 'shell' };
    const namespace = { type: 'namespace', name: 'maps', tools: [OTHER, custom] };
    const tools = [{ type: 'web_search' }, FUNCTION, custom, namespace];
    const asked = readResponseRequest({ tools });
    expect(asked.tools.map(({ name }) => name)).toEqual(['look', 'find']);
    expect(asked.echo.repeated.tools).toMatchObject([
      { type: 'function', name: 'look', strict: true },
      { type: 'function', name: 'find', strict: null },
    ]);
    expect(asked.echo.namespaces).toEqual({ find: 'maps' });
    expect(wrongIn({ tools: [{ type: 'web_search' }] })).toBe('tools');
    expect(wrongIn({ tools: [custom] })).toBe('tools');
    expect(wrongIn({ tools, tool_choice: { type: 'web_search' } })).toBe('tool_choice');
    expect(wrongIn({ tools: [FUNCTION, FUNCTION] })).toBe('tools');
  });

  it('rules the calls', () => {
    const tools = [FUNCTION, OTHER];
    const rule = (body: Record<string, unknown>) => {
      const asked = readResponseRequest({ tools, ...body });
      return [
        asked.tools.map(({ name }) => name),
        asked.calls && [asked.calls.required.map(({ name }) => name), asked.calls.single],
      ];
    };
    const both = ['look', 'find'];
    expect(rule({})).toEqual([both, null]);
    expect(rule({ parallel_tool_calls: false })).toEqual([both, [[], true]]);
    expect(rule({ tool_choice: 'none' })).toEqual([[], null]);
    expect(rule({ tool_choice: 'required' })).toEqual([both, [both, false]]);
    expect(rule({ tool_choice: { type: 'function', name: 'find' } })).toEqual([
      both,
      [['find'], false],
    ]);
    const allowed = { type: 'allowed_tools', tools: [{ type: 'function', name: 'find' }] };
    expect(rule({ tool_choice: { ...allowed, mode: 'auto' } })).toEqual([['find'], null]);
    expect(rule({ tool_choice: { ...allowed, mode: 'required' } })).toEqual([
      ['find'],
      [['find'], false],
    ]);
    expect(wrongIn({ tools, tool_choice: { type: 'function', name: 'x' } })).toBe('tool_choice');
    expect(wrongIn({ tool_choice: 'required' })).toBe('tool_choice');
  });

  it.each([
    [{ prompt: { id: 'x' } }, 'prompt'],
    [{ top_logprobs: 1 }, 'top_logprobs'],
    [{ background: true, store: false }, 'background'],
    [{ conversation: 'conv_x', store: false }, 'store'],
    [{ truncation: 'some' }, 'truncation'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ metadata: { 'a\0': '' } }, 'metadata'],
    [{ metadata: { '\ud800': '' } }, 'metadata'],
    [{ metadata: Object.fromEntries([...Array(17).keys()].map((n) => [n, ''])) }, 'metadata'],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    [{ text: { format: { type: 'grammar' } } }, 'text.format'],
    [{ text: { format: { type: 'json_object' } }, tools: [FUNCTION] }, 'text.format'],
    [{ tools: [{}] }, 'tools[0]'],
    [{ tools: [{ ...FUNCTION, name: 'a b' }] }, 'tools[0].name'],
    [{ tools: [...Array(129).keys()].map((n) => ({ ...FUNCTION, name: `f${n}` })) }, 'tools'],
    [{ stream: 'yes' }, 'stream'],
  ])('refuses what it cannot do: %j', (body, field) => {
    expect(wrongIn(body)).toBe(field);
  });

  it('takes what asks for nothing', () => {
    const body = { prompt: null, top_logprobs: 0, tools: [], conversation: null, metadata: null };
    expect(readResponseRequest(body).place).toEqual({ kind: 'new' });
  });
});
