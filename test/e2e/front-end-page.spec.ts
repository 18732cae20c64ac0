import { once } from 'node:events';
import { jest } from '@jest/globals';
import { EventSource } from 'undici';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { PageSnippets } from '../support/page-snippets.js';
import { startService, type RunningService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const page = new PageSnippets('docs/front-end.md');

/** A button without a browser: what it does can be waited for. */
class Button {
  onclick: () => unknown = () => undefined;
}

describe('docs/front-end.md', () => {
  let client: any;
  let ollama: FakeOllama;
  let service: RunningService;
  let proxy: TcpProxy;

  beforeAll(async () => {
    client = await page.module('chat-client.js');
    ollama = await FakeOllama.start();
    service = await startService(ollama);
    proxy = await TcpProxy.before(service.url);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    proxy.close();
    await service.close();
    await ollama.close();
  });

  const scope = (more: object = {}) => ({
    ...client,
    baseUrl: service.url,
    message: 'Hi',
    output: { textContent: '' },
    ...more,
  });
  const ask = (message: string, baseUrl = service.url): AsyncGenerator<any> =>
    client.ask(baseUrl, { message });
  const take = async (events: AsyncGenerator<any>, count: number): Promise<string[]> => {
    const tokens: string[] = [];
    while (tokens.length < count) tokens.push((await events.next()).value.data.token);
    return tokens;
  };
  const rest = async (events: AsyncGenerator<any>): Promise<any[]> => {
    const data: any[] = [];
    for await (const event of events) data.push(event.data.token ?? event.data.finish_reason);
    return data;
  };
  const begin = async (...tokens: string[]): Promise<string> => {
    ollama.next(answer(...tokens));
    return (await postJson(`${service.url}/api/chat`, { message: 'Hi' })).body.conversation_id;
  };

  describe('its client', () => {
    it('reads a stream however its bytes are split', async () => {
      const text =
        'id: 1\ndata: {"token":"é🙂"}\n\n:keep-alive\n\nid: 2\ndata: {"token":"\\n\\n"}\n\ndata: {"done":true}\n\ndata: {"cut';
      const bytes = [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
      const events: unknown[] = [];
      for await (const event of client.readEvents(new Response(ReadableStream.from(bytes)))) {
        events.push(event);
      }
      expect(events).toEqual([
        { id: 1, data: { token: 'é🙂' } },
        { id: 2, data: { token: '\n\n' } },
        { id: null, data: { done: true } },
      ]);
    });

    it.each(['cut', 'reset'] as const)('goes on after a %s, each token once', async (fault) => {
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
      const chats = ollama.chats.length;
      const events = ask('Hi', proxy.url);
      expect(await take(events, 2)).toEqual(['a', 'b']);
      proxy[fault]();
      gate.open();
      expect(await rest(events)).toEqual(['c', 'stop']);
      expect(ollama.chats).toHaveLength(chats + 1);
    });

    it('asks the model once though the response is lost', async () => {
      const gate = new Gate();
      ollama.next(script().wait(gate).tokens('a', 'b').done());
      const chats = ollama.chats.length;
      const answered = rest(ask('Hi', proxy.url));
      await ollama.chat(chats);
      const lost = proxy.loseReplies();
      gate.open();
      await lost;
      expect(await answered).toEqual(['a', 'b', 'stop']);
      expect(ollama.chats).toHaveLength(chats + 1);
    });

    it('waits for Retry-After while the conversation is busy', async () => {
      const conversation = await begin('first');
      const gate = new Gate();
      ollama.next(script().token('a').wait(gate).done()).next(answer('b'));
      const body = { message: 'Hi', conversation_id: conversation };
      const first = client.ask(service.url, body);
      await take(first, 1);
      let tries = 0;
      const headers = {
        get 'X-Request-Id'() {
          tries += 1;
          if (tries === 2) gate.open();
          return `try-${tries}`;
        },
      };
      expect(await rest(client.ask(service.url, body, { headers }))).toEqual(['b', 'stop']);
      expect(await rest(first)).toEqual(['stop']);
      expect(tries).toBe(2);
    });

    it('throws what the service says, before the stream and in it', async () => {
      await expect(rest(client.ask(service.url, { message: '' }))).rejects.toMatchObject({
        name: 'ChatError',
        status: 400,
        reason: 'validation',
        retryAfter: null,
        details: [{ field: 'message' }],
      });
      ollama.next(script().token('a').errorLine('broken'));
      const events = ask('Hi');
      expect(await take(events, 1)).toEqual(['a']);
      await expect(events.next()).rejects.toMatchObject({
        name: 'ChatError',
        status: null,
        reason: 'model_unavailable',
      });
    });

    it('gives up on a service that is gone', async () => {
      const gone = await TcpProxy.before(service.url);
      gone.close();
      // No pauses.
      const random = jest.spyOn(Math, 'random').mockReturnValue(0);
      await expect(rest(ask('Hi', gone.url))).rejects.toThrow('failed repeatedly');
      random.mockRestore();
    });
  });

  describe('its snippets', () => {
    it('send: a second message goes on in the same conversation', async () => {
      ollama.next(answer('Hello', '!')).next(answer(' Yes.'));
      const { output, ...others } = scope();
      await page.run('send', { output, ...others }, "await send('Hi'); await send('And?');");
      expect(output.textContent).toBe('Hello! Yes.');
      expect(ollama.chats.at(-1)?.body.messages).toHaveLength(3);
    });

    it('stop: the button ends the answer, and the page says so', async () => {
      ollama.next(script().token('a').hang());
      const stopButton = new Button();
      const output = new Shown((text) => text === 'a' && stopButton.onclick());
      await page.run('stop', scope({ stopButton, output }));
      expect(output.textContent).toBe('a (stopped)');
    });

    it('leave: the view closes, the answer goes on for a while', async () => {
      const gate = new Gate();
      ollama.next(script().token('a').wait(gate).token('b').done());
      const chats = ollama.chats.length;
      const closeButton = new Button();
      const output = new Shown(() => closeButton.onclick());
      await page.run('leave', scope({ closeButton, output }));
      expect(output.textContent).toBe('a');
      gate.open();
      expect(await (await ollama.chat(chats)).closed).toBe('answered');
    });

    it('reload: shows what is there and goes on after it', async () => {
      const conversationId = await begin('first');
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b').wait(gate).token('c').done());
      const body = { message: 'And?', conversation_id: conversationId };
      await take(client.ask(service.url, body), 2);
      const output = { textContent: '' };
      const show = (_: string, content: string): void => {
        output.textContent += `${content}|`;
        if (content === 'ab') gate.open();
      };
      await page.run('reload', scope({ conversationId, output, show }));
      expect(output.textContent).toBe('Hi|first|And?|ab|c');
    });

    it('event-source: joins by number and ends', async () => {
      ollama.next(answer('a', 'b'));
      const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      const closed = new EventTarget();
      class Source extends EventSource {
        override close(): void {
          super.close();
          closed.dispatchEvent(new Event('close'));
        }
      }
      const output = { textContent: '' };
      const ended = once(closed, 'close');
      const more = { EventSource: Source, generationId: body.generation_id, output };
      await page.run('event-source', scope(more));
      await ended;
      expect(output.textContent).toBe('ab');
    });

    it('regenerate: the new answer stands beside the old one, and is the active one', async () => {
      const conversationId = await begin('old');
      ollama.next(answer('new'));
      const output = { textContent: 'old' };
      await page.run('regenerate', scope({ conversationId, output }));
      expect(output.textContent).toBe('new');
      const { body } = await getJson(`${service.url}/api/history/${conversationId}`);
      expect(body.messages.map(({ content }: any) => content)).toEqual(['Hi', 'new']);
      expect(body.messages[1].siblings).toHaveLength(2);
    });

    it('edit: the model sees the new words alone', async () => {
      const conversationId = await begin('old');
      const read = await getJson(`${service.url}/api/history/${conversationId}`);
      ollama.next(answer('new'));
      const output = { textContent: '' };
      const [edited] = read.body.messages;
      await page.run('edit', scope({ conversationId, edited, message: 'Ho', output }));
      expect(output.textContent).toBe('new');
      expect(ollama.chats.at(-1)?.body.messages).toMatchObject([{ content: 'Ho' }]);
      const { body } = await getJson(`${service.url}/api/history/${conversationId}`);
      expect(body.messages[0].siblings).toEqual([edited.id, body.messages[0].id]);
    });

    it('choose: the button leads back to the earlier answer', async () => {
      const conversationId = await begin('old');
      ollama.next(answer('new'));
      await rest(client.ask(service.url, { conversation_id: conversationId, regenerate: true }));
      const { body } = await getJson(`${service.url}/api/history/${conversationId}`);
      const [previousButton, position] = [new Button(), { textContent: '' }];
      const shown: string[] = [];
      const show = (_: string, content: string): number => shown.push(content);
      const more = { conversationId, message: body.messages[1], previousButton, position, show };
      await page.run('choose', scope(more));
      expect(position.textContent).toBe('2/2');
      await previousButton.onclick();
      expect(shown).toEqual(['Hi', 'old']);
    });

    it('settings: are those of the next answer', async () => {
      ollama.next(answer('Yes'));
      const { output, ...others } = scope();
      await page.run('settings', { output, ...others });
      expect(output.textContent).toBe('Yes');
      expect(ollama.chats.at(-1)?.body.messages[0]).toMatchObject({
        role: 'system',
        content: 'Answer in one sentence.',
      });
      const { body } = await getJson(`${service.url}/api/history?pinned=true`);
      expect(body.conversations[0]).toMatchObject({ tags: ['work'], title: 'Hi' });
    });

    it('if-match: a change that comes second keeps what came first', async () => {
      const { body: known } = await postJson(`${service.url}/api/history`, {});
      const change = { tags: ['first'] };
      await sendJson('PUT', `${service.url}/api/history/${known.id}`, change);
      await page.run('if-match', scope({ known }), "await retag(known, ['second']);");
      const { body } = await getJson(`${service.url}/api/history/${known.id}`);
      expect(body.tags).toEqual(['first', 'second']);
    });

    it('pages: each conversation once', async () => {
      const tagged: string[] = [];
      for (let n = 0; n < 21; n += 1) {
        const { body } = await postJson(`${service.url}/api/history`, { tags: ['work'] });
        tagged.push(body.id);
      }
      const listed: string[] = [];
      await page.run('pages', scope({ list: (id: string): number => listed.push(id) }));
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(tagged));
    });

    it('titles: lists, renames, deletes', async () => {
      const [conversationId, otherId] = [await begin('a'), await begin('b')];
      const listed: string[] = [];
      const list = (id: string): number => listed.push(id);
      await page.run('titles', scope({ conversationId, otherId, list }));
      expect(listed.slice(0, 2)).toEqual([otherId, conversationId]);
      const { body } = await getJson(`${service.url}/api/history/${conversationId}`);
      expect(body.title).toBe('Colours of the sky');
      expect((await getJson(`${service.url}/api/history/${otherId}`)).status).toBe(404);
    });

    it('limits: says when to come back', async () => {
      const rateLimit = { enabled: true, requests: 1 };
      const limited = await startService(ollama, { rateLimit });
      ollama.next(answer('a'));
      const [first, second] = [scope({ baseUrl: limited.url }), scope({ baseUrl: limited.url })];
      await page.run('limits', first);
      await page.run('limits', second);
      await limited.close();
      expect(first.output.textContent).toBe('a');
      expect(second.output.textContent).toMatch(/^Too many messages .* \(again in \d+ s\)$/);
    });

    it('are all run here', () => {
      const run = ['send', 'stop', 'leave', 'reload', 'event-source'];
      const conversations = ['regenerate', 'edit', 'choose', 'settings', 'if-match'];
      const all = ['chat-client.js', ...run, ...conversations, 'titles', 'pages', 'limits'];
      expect(page.names).toEqual(all);
    });
  });
});

/** What a page shows; `changed` hears of each new text. */
class Shown {
  private text = '';

  constructor(private readonly changed: (text: string) => unknown) {}

  get textContent(): string {
    return this.text;
  }

  set textContent(text: string) {
    this.text = text;
    this.changed(text);
  }
}
