import { AIMessageChunk } from '@langchain/core/messages';
import { StreamedToolCalls } from '../../src/models/transport/langchain-tool-calls.js';

type Piece = { index?: number; id?: string; name?: string; args?: string };

function calls(...chunks: Piece[][]): StreamedToolCalls {
  const streamed = new StreamedToolCalls();
  for (const pieces of chunks) {
    streamed.add(new AIMessageChunk({ content: '', tool_call_chunks: pieces }));
  }
  return streamed;
}

describe('StreamedToolCalls', () => {
  it('joins the pieces of a call, also between those of another', () => {
    const streamed = calls(
      [{ index: 0, id: 'a', name: 'one', args: '' }],
      [{ index: 0, args: '{"x"' }],
      [{ index: 1, id: 'b', name: 'two', args: '{"y":' }],
      [
        { index: 0, args: ':1}' },
        { index: 1, args: '2}' },
      ],
    );
    expect(streamed.take()).toEqual([
      { id: 'a', name: 'one', arguments: { x: 1 } },
      { id: 'b', name: 'two', arguments: { y: 2 } },
    ]);
    expect(streamed.take()).toEqual([]);
  });

  it('keeps whole calls apart that have the same index, or none', () => {
    const streamed = calls(
      [{ index: 0, id: 'a', name: 'one', args: '{}' }],
      [{ index: 0, id: 'b', name: 'one', args: '{}' }],
      [{ id: 'c', name: 'one', args: '{}' }],
      [{ name: 'one', args: '{}' }],
    );
    expect(streamed.take().map(({ id }) => id)).toEqual(['a', 'b', 'c', null]);
  });

  it('takes calls that a model gives without pieces', () => {
    const streamed = new StreamedToolCalls();
    const call = { type: 'tool_call', id: 'a', name: 'one', args: { x: null } } as const;
    streamed.add(new AIMessageChunk({ content: '', tool_calls: [call] }));
    expect(streamed.take()).toEqual([{ id: 'a', name: 'one', arguments: { x: null } }]);
  });

  it('takes no arguments as none', () => {
    expect(calls([{ index: 0, name: 'now' }]).take()).toEqual([
      { id: null, name: 'now', arguments: {} },
    ]);
  });

  it.each(['{"x":', '[1]', 'Vienna', 'null', '"{}"'])(
    'keeps what is no JSON object: %s',
    (args) => {
      expect(calls([{ index: 0, name: 'one', args }]).take()).toEqual([
        { id: null, name: 'one', arguments: null, argumentsText: args },
      ]);
    },
  );

  it('takes a name that comes again with each piece once', () => {
    const streamed = calls(
      [{ index: 0, name: 'one', args: '{' }],
      [{ index: 0, name: 'one', args: '}' }],
    );
    expect(streamed.take()).toEqual([{ id: null, name: 'one', arguments: {} }]);
  });

  it('is an answer that cannot be used without a name', () => {
    expect(() => calls([{ index: 0, args: '{}' }]).take()).toThrow(
      expect.objectContaining({ kind: 'unusable' }),
    );
  });

  it('leaves out a call that was cut with its answer', () => {
    const streamed = calls(
      [{ index: 0, name: 'one', args: '{}' }],
      [{ index: 1, name: 'two', args: '{"x":' }],
    );
    expect(streamed.take(true).map(({ name }) => name)).toEqual(['one']);
  });
});
