import type { MessageDto } from '../../src/history/dto/message.dto.js';
import { LiveTexts } from '../../src/store/live-texts.js';
import { Store } from '../../src/store/store.js';
import { Scene, T0, cancelled, failed } from '../contract/store/scene.js';
import { FakeOllama } from '../support/fake-ollama.js';
import { sendJson, type JsonAnswer } from '../support/http-client.js';
import { expectMatchesOpenApi } from '../support/openapi-validator.js';
import { startService, type RunningService } from '../support/service.js';

const UNKNOWN = 'a1b2c3d4-e5f6-7890-g1h2-i3j4k5l6m7n8';

/** What a conversation has that was answered once, and whose owner set nothing. */
const PLAIN = {
  title_by: 'message',
  active_generation_id: null,
  revision: 2,
  model: null,
  tags: [],
  pinned: false,
  archived: false,
  forked_from: null,
  chat_id: null,
};

describe('/api/history', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  /** Puts conversations into the service's own store, at times that the test knows. */
  let scene: Scene;

  beforeEach(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
    scene = new Scene(service.app.get(Store), { ownerId: 'default' });
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });

  /** A request, its answer checked against the document. */
  async function ask(method: string, path: string, body?: unknown): Promise<JsonAnswer> {
    const answer = await sendJson(method, service.url + path, body);
    expectMatchesOpenApi(method, path, answer.status, answer.body);
    return answer;
  }
  const read = (id: string, query = '') => ask('GET', `/api/history/${id}${query}`);
  const contents = ({ body }: JsonAnswer) =>
    body.messages.map(({ content }: MessageDto) => content) as string[];

  describe('the list', () => {
    it('is empty at first, in the seed’s shape', async () => {
      const { status, body } = await ask('GET', '/api/history');
      expect(status).toBe(200);
      expect(body).toEqual({
        conversations: [],
        total: 0,
        limit: 10,
        offset: 0,
        next_cursor: null,
      });
    });

    it('has a page of ten, newest first, and what the seed says of each', async () => {
      const opened = [];
      for (let hour = 0; hour < 12; hour += 1) {
        const at = T0 + hour * 3_600_000;
        opened.push(await scene.answered(scene.opening({ title: `No. ${String(hour)}`, at })));
      }
      const first = await ask('GET', '/api/history');
      const rest = await ask('GET', '/api/history?offset=10&limit=100');

      expect(first.body).toMatchObject({ total: 12, limit: 10, offset: 0 });
      expect(rest.body).toMatchObject({ total: 12, limit: 100, offset: 10 });
      const listed = [...first.body.conversations, ...rest.body.conversations];
      expect(listed.map(({ id }) => id)).toEqual(
        opened.map(({ conversationId }) => conversationId).reverse(),
      );
      expect(listed.at(-1)).toEqual({
        id: opened[0]?.conversationId,
        title: 'No. 0',
        created_at: new Date(T0).toISOString(),
        updated_at: new Date(T0 + 2000).toISOString(),
        message_count: 2,
        ...PLAIN,
        message_total: 2,
        active_message_id: opened[0]?.messageId,
      });
    });

    it.each(['limit=0', 'limit=101', 'limit=', 'limit=0x10', 'limit=1e1', 'limit=5&limit=6'])(
      'refuses %s',
      async (query) => {
        const { status, body } = await ask('GET', `/api/history?${query}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({ code: 'INVALID_INPUT', details: [{ field: 'limit' }] });
      },
    );

    it.each(['offset=-1', 'offset=abc'])('refuses %s', async (query) => {
      const { status, body } = await ask('GET', `/api/history?${query}`);
      expect(status).toBe(400);
      expect(body.details).toMatchObject([{ field: 'offset' }]);
    });
  });

  describe('a conversation', () => {
    it('is read with all its messages, null where something does not apply', async () => {
      const turn = scene.opening({ text: 'Hello', system: 'Be brief', title: 'A greeting' });
      await scene.answered(turn, 'Hi there');

      const { status, body } = await read(turn.conversationId);

      expect(status).toBe(200);
      expect(body).toEqual({
        id: turn.conversationId,
        title: 'A greeting',
        created_at: new Date(T0).toISOString(),
        updated_at: expect.any(String),
        message_count: 3,
        ...PLAIN,
        message_total: 3,
        active_message_id: turn.messageId,
        system: 'Be brief',
        parameters: null,
        messages: [
          expect.objectContaining({ role: 'system', content: 'Be brief' }),
          {
            id: turn.answerParentId,
            parent_id: turn.conversationId,
            siblings: [turn.answerParentId],
            role: 'user',
            content: 'Hello',
            timestamp: new Date(T0).toISOString(),
            status: 'complete',
            model: null,
            finish_reason: null,
            usage: null,
            thinking: null,
            thinking_ms: null,
            tool_calls: null,
            tool_call_id: null,
            is_error: null,
            images: null,
            generation_id: null,
          },
          {
            id: turn.messageId,
            parent_id: turn.answerParentId,
            siblings: [turn.messageId],
            role: 'assistant',
            content: 'Hi there',
            timestamp: expect.any(String),
            status: 'complete',
            model: 'llama2',
            finish_reason: 'stop',
            usage: { prompt_tokens: 12, completion_tokens: 3 },
            thinking: null,
            thinking_ms: null,
            tool_calls: null,
            tool_call_id: null,
            is_error: null,
            images: null,
            generation_id: turn.id,
          },
        ],
      });
    });

    it('tells honestly how an answer ended', async () => {
      const failing = await scene.begun(scene.opening(), ['Once']);
      await scene.finish(failing, failed('Once'));
      const stopped = await scene.begun(scene.opening());
      await scene.finish(stopped, cancelled(''));

      const last = async (id: string) => (await read(id)).body.messages.at(-1);
      expect(await last(failing.conversationId)).toMatchObject({
        content: 'Once',
        status: 'failed',
        finish_reason: null,
      });
      expect(await last(stopped.conversationId)).toMatchObject({
        content: '',
        status: 'cancelled',
        finish_reason: 'cancelled',
      });
    });

    it('shows an answer that is being written, so that a second device can join', async () => {
      const turn = await scene.begun(scene.opening(), ['Once ', 'upon']);
      const running = await read(turn.conversationId);
      expect(running.body.active_generation_id).toBe(turn.id);
      expect(running.body.messages.at(-1)).toMatchObject({
        content: 'Once upon',
        status: 'streaming',
        seq: 2,
        generation_id: turn.id,
      });

      const fresh = () => ({ content: 'Once upon a time', parts: null, seq: 4 });
      service.app.get(LiveTexts).register(turn.messageId, fresh);
      expect((await read(turn.conversationId)).body.messages.at(-1)).toMatchObject({
        content: 'Once upon a time',
        seq: 4,
      });
      const { body } = await ask('GET', '/api/history');
      expect(body.conversations[0].active_generation_id).toBe(turn.id);
    });

    it('is read in windows, from the newest back', async () => {
      const { conversationId } = await scene.answered(scene.opening({ text: '1' }), '2');
      await scene.answered(scene.reply(conversationId, { text: '3' }), '4');

      const newest = await read(conversationId, '?messages=1');
      expect(contents(newest)).toEqual(['4']);
      const before = newest.body.messages[0].id as string;
      expect(contents(await read(conversationId, `?messages=2&before=${before}`))).toEqual([
        '2',
        '3',
      ]);
      expect(contents(await read(conversationId, `?before=${before}`))).toEqual(['1', '2', '3']);
      expect(newest.body.message_count).toBe(4);
    });

    it('says what of a window is unknown or wrong', async () => {
      const { conversationId } = await scene.answered(scene.opening());
      const other = await scene.answered(scene.opening());

      const foreign = await read(conversationId, `?before=${other.messageId}`);
      expect(foreign.status).toBe(404);
      expect(foreign.body).toMatchObject({ code: 'NOT_FOUND', reason: 'message_not_found' });
      for (const query of ['messages=0', 'messages=x', 'before=', 'before=a&before=b']) {
        expect((await read(conversationId, `?${query}`)).status).toBe(400);
      }
    });
  });

  describe('a title', () => {
    const rename = (id: string, body: unknown) => ask('PUT', `/api/history/${id}`, body);

    it('is changed, the answer being what GET says, and the list keeps its order', async () => {
      const older = await scene.answered(scene.opening({ at: T0 }));
      const newer = await scene.answered(scene.opening({ at: T0 + 60_000 }));

      const { status, body } = await rename(older.conversationId, { title: '  A new title ' });

      expect(status).toBe(200);
      expect(body.title).toBe('A new title');
      expect(body).toEqual((await read(older.conversationId)).body);
      const { conversations } = (await ask('GET', '/api/history')).body;
      expect(conversations.map(({ id }: { id: string }) => id)).toEqual([
        newer.conversationId,
        older.conversationId,
      ]);
    });

    it('has 1 to 200 characters, however many bytes they take', async () => {
      const { conversationId } = await scene.answered(scene.opening());
      const wide = '\u{1F600}'.repeat(200);
      expect((await rename(conversationId, { title: wide })).body.title).toBe(wide);
      expect((await rename(conversationId, { title: `${wide}!` })).status).toBe(400);
    });

    it.each([
      ['line breaks', 'one\r\ntwo\u2028three\x85four', 'one two three four'],
      ['controls', '\x1b[31mred\x07', '[31mred'],
      ['characters that turn the direction', 'a\u202eb\u2066c', 'abc'],
      ['spaces around it, which do not count', `\n${'a'.repeat(200)}\n`, 'a'.repeat(200)],
    ])('is one line without %s', async (_, title, kept) => {
      const { conversationId } = await scene.answered(scene.opening());
      expect((await rename(conversationId, { title })).body.title).toBe(kept);
      expect((await read(conversationId)).body.title).toBe(kept);
    });

    it.each(['A  b', '👨‍👩‍👧‍👦', 'می‌خواهم', 'שלום', 'ｆｕｌｌ　ｗｉｄｔｈ'])(
      'is kept as it is written: %s',
      async (title) => {
        const { conversationId } = await scene.answered(scene.opening());
        expect((await rename(conversationId, { title })).body.title).toBe(title);
      },
    );

    it.each([
      ['blank', { title: '   ' }, 'title'],
      ['blank in another script', { title: '\u3164\u200b\u2800\u3000' }, 'title'],
      ['nothing but controls', { title: '\x07\n\u202e' }, 'title'],
      ['missing', {}, 'title'],
      ['null', { title: null }, 'title'],
      ['no text', { title: 7 }, 'title'],
      ['endless', { title: '\u200b'.repeat(50_000) }, 'title'],
      ['too long, though less would be kept', { title: 'a\x07'.repeat(101) }, 'title'],
      ['NUL', { title: 'a\0b' }, 'title'],
      ['beside an unknown field', { title: 'a', name: 'b' }, 'name'],
    ])('is refused when %s', async (_, body, field) => {
      const { conversationId } = await scene.answered(scene.opening({ title: 'As it was' }));
      const refused = await rename(conversationId, body);
      expect(refused.status).toBe(400);
      expect(refused.body).toMatchObject({ code: 'INVALID_INPUT', details: [{ field }] });
      expect((await read(conversationId)).body.title).toBe('As it was');
    });
  });

  it('deletes a conversation with the seed’s words, for good', async () => {
    const kept = await scene.answered(scene.opening());
    const { conversationId } = await scene.answered(scene.opening());

    const { status, body } = await ask('DELETE', `/api/history/${conversationId}`);

    expect(status).toBe(200);
    expect(body).toEqual({ message: 'Conversation deleted successfully' });
    expect((await read(conversationId)).status).toBe(404);
    expect((await ask('DELETE', `/api/history/${conversationId}`)).status).toBe(404);
    expect((await ask('GET', '/api/history')).body.conversations).toMatchObject([
      { id: kept.conversationId },
    ]);
  });

  it.each([
    ['GET', UNKNOWN, undefined],
    ['PUT', UNKNOWN, { title: 'A title' }],
    ['DELETE', UNKNOWN, undefined],
    ['GET', '..%2f..%2fetc%2fpasswd', undefined],
    ['GET', 'x'.repeat(101), undefined],
  ])('%s of an unknown conversation is 404', async (method, id, body) => {
    const answer = await ask(method, `/api/history/${id}`, body);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      error: 'Conversation not found',
      code: 'NOT_FOUND',
      reason: 'conversation_not_found',
    });
  });
});
