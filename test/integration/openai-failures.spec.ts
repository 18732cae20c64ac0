import { causeText } from '../../src/common/errors/cause-text.js';
import {
  completed,
  completion,
  FakeOpenAi,
  Gate,
  type CompletionScript,
} from '../support/fake-openai.js';
import { connectOpenAi } from '../support/openai-fixture.js';

const SECRET = 'scripted failure of 10.0.0.1 with secret words';
const TOO_LONG = [
  "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
  'request (1531 tokens) exceeds the available context size (1024 tokens), try increasing it',
  'The decoder prompt (length 9000) is longer than the maximum model length of 8192',
  'Trying to keep the first 9000 tokens when context the overflows',
];

describe('what a server of OpenAI’s chat API does, and what it becomes', () => {
  let fake: FakeOpenAi;
  let openAi: ReturnType<typeof connectOpenAi>;

  beforeEach(async () => {
    fake = await FakeOpenAi.start();
    openAi = connectOpenAi(fake, { retries: 3 });
  });

  afterEach(async () => {
    openAi.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  async function failureOf(scripted: CompletionScript) {
    fake.next(scripted);
    const { sink, end } = openAi.chat();
    const error = await end.catch((reason: unknown) => reason);
    return { error: error as Error, tokens: sink.tokens, attempts: fake.chats.length };
  }

  describe('a 400 is the client’s, at once', () => {
    test.each(TOO_LONG)('about the context: %s', async (words) => {
      const { error, attempts } = await failureOf(completion().error(400, words));
      expect(error).toMatchObject({ status: 400, reason: 'context_exceeded' });
      expect(attempts).toBe(1);
    });

    test('about the context, by its code', async () => {
      const error = {
        message: SECRET,
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
      };
      const told = await failureOf(completion().json({ error }, 400));
      expect(told.error).toMatchObject({ status: 400, reason: 'context_exceeded' });
    });

    test('about the context, as the error itself', async () => {
      const refused = { object: 'error', message: TOO_LONG[0], type: 'BadRequestError', code: 400 };
      const { error } = await failureOf(completion().json(refused, 400));
      expect(error).toMatchObject({ status: 400, reason: 'context_exceeded' });
    });

    test.each([
      ['Conversation roles must alternate', 'body'],
      ['"auto" tool choice requires --enable-auto-tool-choice', 'tools'],
      ['m is not a multimodal model', 'images'],
      ['image input is not supported', 'images'],
      ['Failed to parse grammar', 'parameters.format'],
      ['reasoning_effort must be one of', 'parameters.think'],
    ])('%s: 400 validation for %s', async (words, field) => {
      const { error, attempts } = await failureOf(completion().error(400, `${words}: ${SECRET}`));
      expect(error).toMatchObject({ status: 400, reason: 'validation', details: [{ field }] });
      expect(error.message).not.toContain('secret');
      expect(attempts).toBe(1);
    });

    test.each([
      ['image input is not supported - hint: you may need to provide the mmproj', 'images'],
      ['tools param requires --jinja flag', 'tools'],
    ])('also where llama.cpp says it with 500: %s', async (words, field) => {
      const { error } = await failureOf(completion().error(500, words));
      expect(error).toMatchObject({ status: 400, reason: 'validation', details: [{ field }] });
    });

    test('without words', async () => {
      const { error } = await failureOf(completion().json({ detail: [SECRET] }, 400));
      expect(error).toMatchObject({
        status: 400,
        reason: 'validation',
        details: [{ field: 'body' }],
      });
    });
  });

  const errors: [string, CompletionScript][] = [
    ['vLLM’s', completion().tokens('a').errorLine(SECRET).last().end()],
    [
      'vLLM’s before',
      completion()
        .tokens('a')
        .raw(`data: {"object":"error","message":"${SECRET}","code":400}\n\n`)
        .last()
        .end(),
    ],
    [
      'llama.cpp’s field',
      completion().tokens('a').raw(`error: {"code":500,"message":"${SECRET}"}\n\n`).end(),
    ],
    [
      'LM Studio’s event',
      completion().tokens('a').raw(`event: error\ndata: {"message":"${SECRET}"}\n\n`).end(),
    ],
    ['a text', completion().tokens('a').raw(`data: {"error":"${SECRET}"}\n\n`).end()],
    [
      'in the choice',
      completion()
        .tokens('a')
        .choice({ error: { message: SECRET } })
        .done(),
    ],
    [
      'outside of any event',
      completion().tokens('a').raw(`{"error":{"message":"${SECRET}"}}\n`).end(),
    ],
    [
      'beside a reason of the end',
      completion().tokens('a').finish().errorLine(SECRET).last().end(),
    ],
  ];
  test.each(errors)('an error in the stream, %s: 503, the tokens stay', async (_, scripted) => {
    const { error, tokens, attempts } = await failureOf(scripted);
    expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
    expect(error.message).toBe('OpenAI-compatible server broke off the answer');
    expect(causeText(error)).toContain('secret words');
    expect([tokens, attempts]).toEqual([['a'], 1]);
  });

  test.each(TOO_LONG.slice(0, 2))(
    'an error about the context before a token: %s',
    async (words) => {
      const { error } = await failureOf(
        completion()
          .choice({ delta: { role: 'assistant' } })
          .errorLine(words)
          .end(),
      );
      expect(error).toMatchObject({ status: 400, reason: 'context_exceeded' });
    },
  );

  describe('an answer is complete', () => {
    const wholes: [string, CompletionScript, object][] = [
      ['with both', completed('a', 'b'), { finishReason: 'stop' }],
      [
        'with a reason and no last line',
        completion().tokens('a', 'b').done({ last: false }),
        { usage: { promptTokens: 12, completionTokens: 2 } },
      ],
      [
        'with a reason and a closed connection',
        completion().tokens('a', 'b').finish('length').cut(),
        { finishReason: 'length' },
      ],
      [
        'with a reason and silence',
        completion().tokens('a', 'b').finish('length').hang(),
        { finishReason: 'length' },
      ],
      [
        'with a reason and half a line',
        completion().tokens('a', 'b').finish().raw('data: {"usa').end(),
        {},
      ],
      [
        'with a last line and no reason',
        completion().tokens('a', 'b').last().end(),
        { finishReason: 'stop', usage: null },
      ],
      [
        'with the reason beside the last token',
        completion()
          .token('a')
          .choice({ delta: { content: 'b' }, finish_reason: 'length' })
          .last()
          .end(),
        { finishReason: 'length' },
      ],
      [
        'with another reason',
        completion().tokens('a', 'b').done({ reason: 'content_filter' }),
        { finishReason: 'stop' },
      ],
      [
        'with lines that end in CR LF',
        completion().raw(crlf('a')).raw(crlf('b')).raw('data: [DONE]\r\n\r\n').end(),
        { finishReason: 'stop' },
      ],
      [
        'with other fields',
        completion().raw('event: message\nid: 1\nretry: 5\n').tokens('a', 'b').done(),
        {},
      ],
    ];
    test.each(wholes)('%s', async (_, scripted, end) => {
      fake.next(scripted);
      const chat = openAi.chat();
      expect(await chat.end).toMatchObject(end);
      expect(chat.sink.text).toBe('ab');
      expect(fake.chats).toHaveLength(1);
    });

    test('not with neither: it broke off', async () => {
      const { error, tokens } = await failureOf(completion().tokens('a', 'b').end());
      expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(tokens).toEqual(['a', 'b']);
    });
  });

  test('comments are silence', async () => {
    openAi.close();
    openAi = connectOpenAi(fake, { timeoutMs: 300 });
    const commented = completion().token('a');
    for (let count = 0; count < 40; count += 1) commented.comment().pause(20);
    fake.next(commented.hang());
    const { sink, end } = openAi.chat();
    await expect(end).rejects.toMatchObject({ status: 504, reason: 'model_silent' });
    expect(await (await fake.chat(0)).closed).toBe('client_left');
    expect(sink.tokens).toEqual(['a']);
  });

  test('comments and chunks without text are no end', async () => {
    const gate = new Gate();
    fake.next(
      completion()
        .comment()
        .choice({ delta: { role: 'assistant', content: '' } })
        .wait(gate)
        .tokens('a')
        .done(),
    );
    const { sink, end } = openAi.chat();
    await fake.chat(0);
    gate.open();
    await end;
    expect(sink.text).toBe('a');
  });

  test('an unknown model: 404 that does not repeat the name, nor name Ollama', async () => {
    const { end } = openAi.chat({ model: 'no-such-model' });
    const error: unknown = await end.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 404, reason: 'model_not_found' });
    expect((error as Error).message).not.toMatch(/no-such-model|ollama/i);
  });

  test.each([503, 401, 500])('no message names Ollama: %d', async (status) => {
    openAi.close();
    openAi = connectOpenAi(fake);
    const { error } = await failureOf(completion().error(status, SECRET));
    expect(`${error.message} ${causeText(error)}`).not.toMatch(/ollama/i);
  });
});

function crlf(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\r\n\r\n`;
}
