import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { script, type ChatScript } from './chat-script.js';
import { FakeModels, type FakeModel } from './fake-models.js';
import { playScript } from './play-script.js';
import { RecordedRequest } from './recorded-request.js';

export { answer, ChatScript, Gate, script } from './chat-script.js';
export type { FakeModel } from './fake-models.js';
export type { RecordedRequest, RequestEnd } from './recorded-request.js';

type Answerer = (request: RecordedRequest) => ChatScript;

/**
 * A scripted Ollama on a free port of the loopback. It has models (`llama2` at first), answers
 * `/api/tags`, `/api/show` and `/api/version` by itself, and `/api/chat` only with prepared
 * scripts:
 *
 * ```ts
 * const ollama = await FakeOllama.start();
 * ollama.next(answer('Hello', '!'));                      // the next chat
 * ollama.next(script().error(503)).next(answer('Hi'));    // the two after it
 * ollama.always(answer('Hi'));                            // every chat that has no script of its own
 * ollama.always(answer('Ho'), 'mistral');                 // … with this model
 * ollama.nextAt('/api/show', script().error(500));        // the same for another path
 * const chat = await ollama.chat(0);                      // the first chat, once it has arrived
 * expect(chat.body.messages).toEqual([…]);
 * expect(await chat.closed).toBe('client_left');
 * ollama.assertNoUnexpected();                            // in afterEach
 * await ollama.close();
 * ```
 *
 * An unprepared chat is answered 500 and remembered; a model that it does not have is 404, as the
 * real one does it. `stopListening()` refuses connections until `listenAgain()` on the same port.
 */
export class FakeOllama {
  readonly requests: RecordedRequest[] = [];
  readonly models = new FakeModels();
  private server: Server | undefined;
  private port = 0;
  private readonly queues = new Map<string, ChatScript[]>();
  private readonly standing = new Map<string, Answerer>();
  private readonly unexpected: string[] = [];
  private arrivals: (() => void)[] = [];

  static async start(...models: FakeModel[]): Promise<FakeOllama> {
    const ollama = new FakeOllama();
    for (const model of models.length > 0 ? models : [{ name: 'llama2' }]) ollama.models.add(model);
    await ollama.listenAgain();
    return ollama;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Chats in the order of their arrival. */
  get chats(): RecordedRequest[] {
    return this.to('/api/chat');
  }

  to(path: string): RecordedRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Prepares the next chat; several are used in order, each once (or `times`). */
  next(chat: ChatScript, times = 1): this {
    return this.nextAt('/api/chat', chat, times);
  }

  /** Prepares the next request to another path. */
  nextAt(path: string, chat: ChatScript, times = 1): this {
    const queue = this.queues.get(path) ?? [];
    this.queues.set(path, [...queue, ...Array.from({ length: times }, () => chat)]);
    return this;
  }

  /** Answers every chat (with `model`, where given) that has no script of its own. */
  always(chat: ChatScript | Answerer, model = ''): this {
    this.standing.set(model, typeof chat === 'function' ? chat : () => chat);
    return this;
  }

  /** The chat of this number (from 0), as soon as it has arrived. */
  async chat(index: number): Promise<RecordedRequest> {
    for (;;) {
      const found = this.chats[index];
      if (found) return found;
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }

  /** Throws when a chat came that no script was prepared for. */
  assertNoUnexpected(): void {
    if (this.unexpected.length > 0) {
      throw new Error(`Unexpected requests: ${this.unexpected.join(', ')}`);
    }
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.server) resolve(0);
      else this.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  /** Refuses connections from now on, and breaks those there are. */
  async stopListening(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async listenAgain(): Promise<void> {
    const server = createServer({ noDelay: true, keepAliveTimeout: 0 });
    server.on('request', (request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.stopListening();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const body = await readText(request).catch(() => null);
    if (body === null) return;
    const record = new RecordedRequest(request, response, body);
    this.requests.push(record);
    for (const arrived of this.arrivals.splice(0)) arrived();
    await playScript(this.scriptFor(record), response, record);
  }

  private scriptFor(request: RecordedRequest): ChatScript {
    return (
      this.queues.get(request.path)?.shift() ??
      this.models.answer(request) ??
      this.standingFor(request) ??
      this.refuseUnexpected(request)
    );
  }

  private standingFor(request: RecordedRequest): ChatScript | undefined {
    if (request.path !== '/api/chat') return undefined;
    const answerer = this.standing.get(request.body.model) ?? this.standing.get('');
    return answerer?.(request);
  }

  private refuseUnexpected(request: RecordedRequest): ChatScript {
    this.unexpected.push(`${request.method} ${request.path}`);
    return script().error(500, 'No script was prepared for this request');
  }
}
